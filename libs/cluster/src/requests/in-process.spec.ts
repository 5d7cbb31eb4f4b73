import { InProcessClient, InProcessServer } from '@tollkeeper/nest-kit';
import { serviceTransportSuite } from './service-transport.fixture.js';

serviceTransportSuite('requests within a process', () => {
  const server = new InProcessServer();
  return Promise.resolve({ server: () => server, client: () => new InProcessClient(server), close: () => Promise.resolve() });
});
