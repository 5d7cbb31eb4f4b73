{{/* Refuses values that do not go together, which the schema cannot see: all of them at once. Called with the root. */}}
{{- define "tollkeeper.assertValues" -}}
{{- with include "tollkeeper.faults" . | trim }}
{{- fail (printf "\n\n%s\n" .) }}
{{- end }}
{{- end }}

{{- define "tollkeeper.faults" -}}
{{- with .Values }}
{{- if not (or .nats.url .nats.existingSecret) }}
- nats.url is missing: set it to the address of NATS, such as nats://nats.nats.svc:4222, or name a secret that holds it in nats.existingSecret
{{- end }}
{{- if not (or .mongodb.url .mongodb.existingSecret) }}
- mongodb.url is missing: set it to the address of a replica set, such as mongodb://mongodb.mongodb.svc:27017/?replicaSet=rs0, or name a secret that holds it in mongodb.existingSecret
{{- end }}
{{- if not (or .installationSecret.value .installationSecret.existingSecret) }}
- installationSecret.value is missing: set it to what `openssl rand -base64 32` gives and keep it for ever, or name a secret that holds it in installationSecret.existingSecret
{{- end }}
{{- $ingestion := .services.ingestion }}
{{- $pods := int (ternary $ingestion.autoscaling.maxReplicas $ingestion.replicas $ingestion.autoscaling.enabled) }}
{{- $files := .files.persistence }}
{{- if and (gt $pods 1) (not $files.enabled) }}
- services.ingestion would have up to {{ $pods }} pods without a volume that they share: enable files.persistence, or set services.ingestion.replicas to 1 without autoscaling
{{- else if and (gt $pods 1) (not $files.existingClaim) (not (has "ReadWriteMany" $files.accessModes)) }}
- services.ingestion would have up to {{ $pods }} pods on a volume that only one node may mount: files.persistence.accessModes needs ReadWriteMany, or set services.ingestion.replicas to 1 without autoscaling
{{- end }}
{{- $keda := .services.rating.keda }}
{{- if and $keda.enabled (not $keda.natsMonitoringEndpoint) }}
- services.rating.keda.natsMonitoringEndpoint is missing: KEDA reads the lag from the monitoring of NATS, such as nats.nats.svc:8222
{{- end }}
{{- if and $keda.enabled (gt (int $keda.maxReplicas) (int .config.usagePartitions)) }}
- services.rating.keda.maxReplicas is {{ int $keda.maxReplicas }}, but only {{ int .config.usagePartitions }} pods have work: lower it, or raise config.usagePartitions
{{- end }}
{{- range $path, $scaling := dict "services.gateway.autoscaling" .services.gateway.autoscaling "services.ingestion.autoscaling" $ingestion.autoscaling "services.rating.keda" $keda }}
{{- if and $scaling.enabled (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
- {{ $path }}.minReplicas is {{ int $scaling.minReplicas }}, more than its maxReplicas of {{ int $scaling.maxReplicas }}
{{- end }}
{{- end }}
{{- if and .ingress.enabled (not .ingress.hosts) }}
- ingress.hosts is empty: name the hosts of the API, such as [billing.example.com]
{{- end }}
{{- if and .httpRoute.enabled (not .httpRoute.parentRefs) }}
- httpRoute.parentRefs is empty: name the gateway that publishes the API, such as [{ name: public, namespace: gateways }]
{{- end }}
{{- if and .dapr.enabled (lt (int .config.drainDelayMs) 2000) }}
- config.drainDelayMs is {{ int .config.drainDelayMs }}, but Dapr needs 2000 to move the accounts of a pod that ends: raise it, or leave Dapr away (dapr.enabled: false)
{{- end }}
{{- $needed := int (add (div (int .config.drainDelayMs) 1000) 25) }}
{{- if lt (int .terminationGracePeriodSeconds) $needed }}
- terminationGracePeriodSeconds is {{ int .terminationGracePeriodSeconds }}, but a pod may need {{ $needed }}: raise it, or lower config.drainDelayMs
{{- end }}
{{- end }}
{{- end }}
