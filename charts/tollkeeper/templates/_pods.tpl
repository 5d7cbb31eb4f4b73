{{/* What all pods have in common. */}}

{{/* The restricted pod security standard, of a pod. Called with the root. */}}
{{- define "tollkeeper.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.runAsUser }}
runAsUser: {{ int . }}
runAsGroup: {{ int . }}
fsGroup: {{ int . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* The restricted pod security standard, of a container. */}}
{{- define "tollkeeper.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where the pods of a service may run. Called with (dict "root" $ "service" NAME). */}}
{{- define "tollkeeper.placement" -}}
{{- with .root.Values }}
{{- with .imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}


{{/* The secrets of a pod as files of one folder. Called with (dict "root" $ "service" NAME "own" NAME-OF-THE-CHART'S-SECRET). */}}
{{- define "tollkeeper.secretSources" -}}
{{- $values := .root.Values }}
- secret:
    name: {{ $values.nats.existingSecret | default .own }}
    items: [{ key: {{ ternary $values.nats.existingSecretKey "nats-url" (ne $values.nats.existingSecret "") }}, path: nats-url }]
- secret:
    name: {{ $values.mongodb.existingSecret | default .own }}
    items: [{ key: {{ ternary $values.mongodb.existingSecretKey "mongodb-url" (ne $values.mongodb.existingSecret "") }}, path: mongodb-url }]
{{- if eq .service "tenant" }}
{{- with $values.installationSecret }}
- secret:
    name: {{ .existingSecret | default $.own }}
    items: [{ key: {{ ternary .existingSecretKey "installation-secret" (ne .existingSecret "") }}, path: installation-secret }]
{{- end }}
{{- end }}
{{- end }}

{{/* The secrets that the chart makes, none where all are the user's. Called with the root. */}}
{{- define "tollkeeper.ownSecrets" -}}
{{- with .Values }}
{{- if not .nats.existingSecret }}
nats-url: {{ .nats.url | quote }}
{{- end }}
{{- if not .mongodb.existingSecret }}
mongodb-url: {{ .mongodb.url | quote }}
{{- end }}
{{- if not .installationSecret.existingSecret }}
installation-secret: {{ .installationSecret.value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* What all processes are told by their environment, secrets aside. Called with the root. */}}
{{- define "tollkeeper.environment" -}}
TOLLKEEPER_MONGODB_DATABASE: {{ .Values.mongodb.database | quote }}
TOLLKEEPER_STREAM_REPLICAS: {{ .Values.nats.streamReplicas | quote }}
TOLLKEEPER_LOG_LEVEL: {{ .Values.config.logLevel | quote }}
TOLLKEEPER_USAGE_PARTITIONS: {{ int .Values.config.usagePartitions | quote }}
TOLLKEEPER_PAGE_MS: {{ int .Values.config.pageMs | quote }}
TOLLKEEPER_DRAIN_DELAY_MS: {{ int .Values.config.drainDelayMs | quote }}
TOLLKEEPER_WEBHOOK_TARGETS: {{ .Values.config.webhookTargets | quote }}
{{- with .Values.monitoring.otlpEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
TOLLKEEPER_HTTP_PORT: '7410'
TOLLKEEPER_APP_PORT: '7411'
TOLLKEEPER_HEALTH_PORT: '7412'
TOLLKEEPER_NATS_URL_FILE: /etc/tollkeeper/nats-url
TOLLKEEPER_MONGODB_URL_FILE: /etc/tollkeeper/mongodb-url
{{- end }}

{{/* The service's pods with their own number of replicas, or scaled by something: "true" where scaled. Called with (dict "given" VALUES). */}}
{{- define "tollkeeper.isScaled" -}}
{{- if or (dig "autoscaling" "enabled" false .given) (dig "keda" "enabled" false .given) }}true{{ end }}
{{- end }}
