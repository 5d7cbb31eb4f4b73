{{/* What resources are called, and the labels by which they are found. */}}

{{- define "tollkeeper.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "tollkeeper.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- $name := include "tollkeeper.name" . }}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels of everything. Called with the root. */}}
{{- define "tollkeeper.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "tollkeeper.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: tollkeeper
{{- end }}

{{/* Labels that find all pods of the release. Called with the root. */}}
{{- define "tollkeeper.selector" -}}
app.kubernetes.io/name: {{ include "tollkeeper.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tollkeeper.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* The service account of a service's pods. Called with (dict "root" $ "service" NAME). */}}
{{- define "tollkeeper.serviceAccountName" -}}
{{- with .root.Values.serviceAccount }}
{{- if .create }}{{ include "tollkeeper.fullname" $.root }}-{{ $.service }}{{ else }}{{ .name | default "default" }}{{ end }}
{{- end }}
{{- end }}
