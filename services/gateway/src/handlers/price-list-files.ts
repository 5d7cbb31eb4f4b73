import { ratingV1 } from '@tollkeeper/contracts';
import type { Answer, Call } from '../http/route.js';
import { toPublicJson } from '../messages/message-json.mapping.js';
import { toPriceListFile } from '../messages/price-list-files.js';

const { getPriceList } = ratingV1.RatingService.method;

/** GET /v1/price-lists/{code}: JSON, or the file that can be edited and put back. */
export async function readPriceList(call: Call): Promise<Answer> {
  const json = toPublicJson(getPriceList.output, await call.ask(getPriceList, { id: call.params['code'] ?? '' }));
  const file = toPriceListFile(json, call.mediaType);
  return file === undefined ? { body: json } : { contentType: `${call.mediaType}; charset=utf-8`, body: Buffer.from(file) };
}
