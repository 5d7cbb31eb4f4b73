import type { factsV1 } from '@tollkeeper/contracts';
import { counter } from '../telemetry/measures.js';
import { isTracing } from '../telemetry/spans.js';

/** Counts what services told of, once it is on the bus; a fact that is told again after a crash is counted again. */
export function measureFacts(facts: readonly factsV1.Fact[]): void {
  if (!isTracing()) return;
  const told = counter('tollkeeper.facts', { unit: '{fact}', description: 'What happened, by kind: invoices issued, payments received, devices blocked and so on.' });
  const steps = counter('tollkeeper.dunning.steps', { unit: '{step}', description: 'Steps taken against overdue invoices, by level and action.' });
  for (const { what } of facts) {
    if (what.case === undefined) continue;
    told.add(1, { 'tollkeeper.fact': what.case.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) });
    if (what.case === 'dunningStepTaken') steps.add(1, { 'tollkeeper.dunning.level': what.value.step, 'tollkeeper.dunning.action': what.value.action });
  }
}
