import { metrics } from '@opentelemetry/api';
import { useTracer } from '@tollkeeper/nest-kit';
import { readTelemetrySettings, type TelemetrySettings } from './telemetry-settings.js';

export { TelemetrySettingsError } from './telemetry-settings.js';

/** Which process, or which thread of one, tells. */
export interface TelemetrySource {
  /** `tollkeeper-rating` */
  readonly service: string;
  /** Tells replicas apart. */
  readonly instance: string;
}

/** While it is on. */
export interface Telemetry {
  /** Sends what has not been sent; what no collector takes is given up. Never rejects. */
  close(): Promise<void>;
}

const off: Telemetry = { close: () => Promise.resolve() };

/**
 * Begins to send traces and metrics by OTLP over HTTP, when OTEL_EXPORTER_OTLP_ENDPOINT says where to; else does nothing, and
 * not even loads the SDK. Called once for each process and thread, before its services are made.
 * @throws TelemetrySettingsError
 */
export async function startTelemetry(source: TelemetrySource, env: Readonly<Record<string, string | undefined>>): Promise<Telemetry> {
  const settings = readTelemetrySettings(env);
  return settings ? exportTelemetry(source, settings) : off;
}

async function exportTelemetry({ service, instance }: TelemetrySource, settings: TelemetrySettings): Promise<Telemetry> {
  const [tracing, measuring, resources, traceExporter, metricExporter] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/exporter-metrics-otlp-proto'),
  ]);
  const own = { 'service.name': service, 'service.namespace': 'tollkeeper', 'service.instance.id': instance };
  // What the operator says in OTEL_RESOURCE_ATTRIBUTES goes beside it.
  const given = resources.detectResources({ detectors: [resources.envDetector] });
  const resource = resources.defaultResource().merge(given).merge(resources.resourceFromAttributes(own));
  const tracerProvider = new tracing.TracerProvider({
    resource,
    sampler: new tracing.ParentBasedSampler({ root: new tracing.TraceIdRatioBasedSampler(settings.sampledRatio) }),
    spanProcessors: [new tracing.BatchSpanProcessor({ exporter: new traceExporter.OTLPTraceExporter(), scheduledDelayMillis: settings.spansEveryMs })],
  });
  const exporting = { exportIntervalMillis: settings.metricsEveryMs, exportTimeoutMillis: Math.min(settings.metricsEveryMs, 30_000) };
  const meterProvider = new measuring.MeterProvider({
    resource,
    readers: [new measuring.PeriodicExportingMetricReader({ exporter: new metricExporter.OTLPMetricExporter(), ...exporting })],
  });
  metrics.setGlobalMeterProvider(meterProvider);
  useTracer(tracerProvider.getTracer('tollkeeper'));
  return {
    async close() {
      useTracer(undefined);
      metrics.disable();
      await Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()]);
    },
  };
}
