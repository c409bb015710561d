import { expect, test } from 'vitest';
import { maskedCommand } from '../../../src/journal/masked-command.ts';

test.each([
  ['kubectl create secret generic x --from-literal=p=LEAK'],
  ['kubectl create secret generic x --from-literal p=LEAK'],
  ['kubectl set env deployment/x DB_PASSWORD=LEAK'],
  ['kubectl set env deployment/x TOKEN=LEAK'],
  ['kubectl set env deployment/x KEY=LEAK'],
  ['helm upgrade x y --set=auth.password=LEAK'],
  ['helm upgrade x y --set auth.password=LEAK'],
  ['x --db-password=LEAK'],
  ['x --api-key LEAK'],
  ['curl -H Authorization:LEAK'],
  ['x DATABASE_URL=postgres://u:LEAK@h'],
])('%s keeps no secret', line => {
  const { command, isMasked } = maskedCommand(line.split(' '));
  expect(isMasked).toBe(true);
  expect(command.join(' ')).not.toContain('LEAK');
});

test.each([
  ['sh', '-c', 'kubectl create secret generic x --from-literal=p=LEAK'],
  ['kubectl', 'patch', 'secret', 'x', '-p', '{"stringData":{"a":"LEAK"}}'],
  ['sh', '-c', "curl -H 'Authorization: Bearer LEAK' x"],
])('%j is masked where it may have a secret', (...words) => {
  expect(maskedCommand(words).command.join(' ')).not.toContain('LEAK');
});

test.each([
  ['kubectl get secrets -n shop'],
  ['kubectl rollout restart deployment/token-service'],
  ['kubectl label ns x a=b'],
])('%s stays as it is', line => {
  expect(maskedCommand(line.split(' '))).toEqual({ command: line.split(' '), isMasked: false });
});
