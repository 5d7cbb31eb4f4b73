/** The reference of P4, in a process of its own: Fastify that parses the JSON of a POST and answers 202 with a small receipt. */
import fastify from 'fastify';

const server = fastify();
let received = 0;
server.removeAllContentTypeParsers();
server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
server.post('/v1/usage', (request, reply) => {
  const event = JSON.parse(request.body.toString('utf8'));
  received += event.id === undefined ? 0 : 1;
  return reply.code(202).send({ id: request.id, status: 'accepted', received: 1 });
});

process.on('message', async (message) => {
  if (message === 'count') return process.send(received);
  await server.listen({ port: 0, host: '127.0.0.1' });
  process.send(server.server.address().port);
});
process.on('disconnect', () => process.exit(0));
