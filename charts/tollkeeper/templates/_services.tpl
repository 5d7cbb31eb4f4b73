{{/* What is particular to single services. */}}

{{/* Environment variables of one service, a list. Called with (dict "root" $ "service" NAME). */}}
{{- define "tollkeeper.serviceEnvironment" -}}
{{- if eq .service "tenant" }}
- name: TOLLKEEPER_INSTALLATION_SECRET_FILE
  value: /etc/tollkeeper/installation-secret
- name: TOLLKEEPER_OPERATOR_KEY_FILE
  value: /run/tollkeeper/operator.key
{{- else if eq .service "ingestion" }}
- name: TOLLKEEPER_FILES_FOLDER
  value: /var/lib/tollkeeper/files
{{- else }}
[]
{{- end }}
{{- end }}

{{/* Annotations by which Dapr adds its sidecar. Called with (dict "root" $ "service" NAME). */}}
{{- define "tollkeeper.daprAnnotations" -}}
{{- $dapr := .root.Values.dapr }}
dapr.io/enabled: 'true'
dapr.io/app-id: {{ include "tollkeeper.fullname" .root }}-{{ .service }}
dapr.io/app-port: '7411'
dapr.io/app-protocol: http
dapr.io/config: {{ include "tollkeeper.fullname" .root }}
dapr.io/log-as-json: 'true'
dapr.io/log-level: {{ $dapr.logLevel | quote }}
dapr.io/sidecar-cpu-request: {{ $dapr.sidecar.cpuRequest | quote }}
dapr.io/sidecar-memory-request: {{ $dapr.sidecar.memoryRequest | quote }}
dapr.io/sidecar-memory-limit: {{ $dapr.sidecar.memoryLimit | quote }}
dapr.io/sidecar-seccomp-profile-type: RuntimeDefault
# A sidecar that finds its service hanging or ending sends the calls elsewhere.
dapr.io/enable-app-health-check: 'true'
dapr.io/app-health-probe-interval: '1'
dapr.io/app-health-threshold: '1'
# It outlives the service, which lets its accounts go through it.
dapr.io/block-shutdown-duration: 25s
dapr.io/graceful-shutdown-seconds: '5'
{{- end }}
