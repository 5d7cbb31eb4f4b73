export { RecentTexts } from './usage/recent-texts.js';
export { decodeUsageBatch } from './usage/usage-decoder.js';
export { encodeUsageBatch } from './usage/usage-encoder.js';
export type { UsageBatchValue, UsageEventValue } from './usage/usage-value.js';
