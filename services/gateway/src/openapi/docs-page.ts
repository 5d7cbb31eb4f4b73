import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isProblemCode, problemCatalogue, problemMeanings } from '@tollkeeper/kernel';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { notFound } from '../http/problem-document.js';
import { sendProblem } from '../http/send.js';
import { openApiDocument } from './document.js';

/** Files of Swagger UI that the page needs, with their media types; served from the installed package, never from a CDN. */
const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tollkeeper API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#docs', deepLinking: true, docExpansion: 'none', filter: true,
  defaultModelsExpandDepth: 0, persistAuthorization: true, tryItOutEnabled: true, validatorUrl: null,
});
`;

const policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** Serves the document at /openapi.json, the page that shows it at /docs, and what each problem means at /problems/CODE. */
export function registerDocs(fastify: FastifyInstance): void {
  const document = JSON.stringify(openApiDocument());
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const files = new Map(Object.entries(assets).map(([name, type]) => [name, { type, bytes: lazily(() => readFileSync(join(folder, name))) }]));
  files.set('start.js', { type: 'text/javascript; charset=utf-8', bytes: () => Buffer.from(start) });
  fastify.get('/openapi.json', (_request, reply) => reply.type('application/json').send(document));
  fastify.get('/docs', (_request, reply) => html(reply, page));
  fastify.get<{ Params: { file: string } }>('/docs/:file', (request, reply) => {
    const file = files.get(request.params.file);
    if (!file) return sendProblem(request, reply, notFound());
    return reply.header('cache-control', 'public, max-age=86400').type(file.type).send(file.bytes());
  });
  fastify.get<{ Params: { code: string } }>('/problems/:code', (request, reply) => {
    const { code } = request.params;
    if (!isProblemCode(code)) return sendProblem(request, reply, notFound());
    const { title, status } = problemCatalogue[code];
    const text = problemMeanings[code].replace(/`([^`]+)`/g, '<code>$1</code>');
    return html(reply, `<!doctype html><html lang="en"><meta charset="utf-8"><title>${code}</title><h1>${title}</h1><p><code>${code}</code>, HTTP ${status}</p><p>${text}</p></html>\n`);
  });
}

function html(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(text);
}

/** Reads once, when it is first asked for. */
function lazily(read: () => Buffer): () => Buffer {
  let bytes: Buffer | undefined;
  return () => (bytes ??= read());
}
