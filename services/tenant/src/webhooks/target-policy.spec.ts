import { expect, it } from '@jest/globals';
import { classOf, refusalOf } from './target-policy.js';

it('tells public, loopback, private and forbidden addresses apart', () => {
  const classes = [
    '93.184.216.34',
    '2606:4700::1',
    '127.9.9.9',
    '::1',
    '::ffff:127.0.0.1',
    '10.1.2.3',
    '100.64.0.1',
    'fd00::1',
    '169.254.169.254',
    'fe80::1',
    '0.0.0.0',
    '64:ff9b::a00:1',
    '::',
    'x',
  ];
  expect(classes.map(classOf)).toEqual([
    ...['public', 'public', 'loopback', 'loopback', 'loopback', 'private', 'private', 'private'],
    ...['never', 'never', 'never', 'never', 'never', 'never'],
  ]);
  expect(refusalOf('169.254.169.254', 'private')).toContain('not an address for webhooks');
  expect(refusalOf('10.1.2.3', 'private')).toBeUndefined();
});
