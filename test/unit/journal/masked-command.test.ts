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
  ['kubectl create secret generic x --from_literal=p=LEAK'],
  ['kubectl create secret generic x --from_literal p=LEAK'],
  ['kubectl run x --image=y -e=A=LEAK'],
  ['kubectl run x --image=y --env=a.b-c=LEAK'],
  ['kubectl set env deployment/x my.key-name=LEAK'],
  ['x --db-pwd=LEAK'],
  ['kubectl exec x -- mysql -pLEAK'],
  ['kubectl exec x -- redis-cli -a LEAK'],
  ['kubectl exec x -- vault login LEAK'],
  ['kubectl patch deployment x -p{"spec":{"env":[{"name":"A","value":"LEAK"}]}}'],
  ['kubectl patch deployment x -pspec:LEAK'],
  ['kubectl patch secret x -p={"data":{"a":"LEAK"}}'],
  ['kubectl run x --image=y --overrides={"spec":{"env":[{"value":"LEAK"}]}}'],
])('%s keeps no secret', line => {
  const { command, isMasked } = maskedCommand(line.split(' '));
  expect(isMasked).toBe(true);
  expect(command.join(' ')).not.toContain('LEAK');
});

test.each([
  ['sh', '-c', 'kubectl create secret generic x --from-literal=p=LEAK'],
  ['kubectl', 'patch', 'secret', 'x', '-p', '{"stringData":{"a":"LEAK"}}'],
  ['sh', '-c', "curl -H 'Authorization: Bearer LEAK' x"],
  ['kubectl', 'patch', 'secret', 'x', '--patch=data: LEAK'],
  ['kubectl', 'exec', 'x', '--', 'sh', '-c', 'mysql -pLEAK'],
  ['kubectl', 'patch', 'secret', 'x', '-p', 'data:\n  a: LEAK'],
  ['kubectl', 'patch', 'secret', 'x', '--type=json', '-p', '[{"op":"add","path":"/data/a","value":"LEAK"}]'],
])('%j is masked where it may have a secret', (...words) => {
  expect(maskedCommand(words).command.join(' ')).not.toContain('LEAK');
});

test.each([
  ['kubectl get secrets -n shop'],
  ['kubectl rollout restart deployment/token-service'],
  ['kubectl label ns x a=b'],
  ['kubectl patch deployment x -p {"spec":{"replicas":0}}'],
  ['kubectl patch deployment x -p{"spec":{"replicas":0}}'],
  ['kubectl patch deployment x --patch={"spec":{"replicas":0}}'],
  ['kubectl logs x -p -n shop'],
  ['kubectl exec x -- ls -l'],
  ['kubectl exec x -- sh -c ls'],
])('%s stays as it is', line => {
  expect(maskedCommand(line.split(' '))).toEqual({ command: line.split(' '), isMasked: false });
});

test('variables that an alias sets, which the words do not say', () => {
  expect(maskedCommand(['zkubectl', 'e', 'deployment/x', 'A=LEAK'], { setsVariables: true }).command.join(' ')).toBe(
    'zkubectl e deployment/x A=********',
  );
});
