// Demonstrates an emergency access with the real program and a real kubectl against the sandbox. It shows their real output, and fails when a step
// has an unexpected result. It uses only a temporary folder, which it deletes at the end, and no files of the user.
import { expect, Failed, makeCompany } from './company.mjs';

const GRANT_SECONDS = 30;
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

function tell(text) {
  console.log(`\n${paint('1', `# ${text}`)}`);
}

const company = await makeCompany(text => process.stdout.write(text));

/** Runs a command and shows its output as it arrives. */
function run(env, args, options = {}) {
  if (!options.quiet) console.log(paint('36', `$ zkubectl ${args.join(' ')}`));
  return company.run(env, args, options);
}

async function story() {
  tell('A simulated company on this machine: issuer, registry, access service and four clusters.');
  console.log(paint('36', `$ zkubectl sandbox up --detach --grant-ttl ${GRANT_SECONDS}`));
  await company.up('--grant-ttl', String(GRANT_SECONDS));
  const alice = await company.userEnv('alice');
  const bob = await company.userEnv('bob');

  tell('Alice logs in once. (In this demo, the browser signs in by itself.)');
  expect(await run(alice, ['login', 'foobarlab']), 0, /logged in to foobarlab \(production\)/, 'login');

  tell('Which clusters are there?');
  expect(await run(alice, ['list']), 0, /foobarlab +production/, 'list');

  tell('The checkout is down. She switches to its production cluster. All other commands are kubectl commands.');
  expect(await run(alice, ['use', 'foobarlab', '-n', 'shop']), 0, /switched to foobarlab, namespace shop/, 'use');
  const pods = expect(await run(alice, ['get', 'pods']), 0, /checkout-\S+ +2\/2 +Running/, 'get pods');
  const pod = /^(checkout-\S+)/m.exec(pods.output)?.[1];

  tell('Production is read-only.');
  expect(await run(alice, ['delete', 'pod', pod, '--yes']), 1, /Forbidden/, 'delete without access');

  tell('She requests emergency access for the incident, and Bob approves it.');
  const request = run(alice, ['emergency', '-i', 'INC-1234', 'checkout', 'is', 'down']);
  const key = await company.openRequestKey(alice);
  expect(await run(bob, ['login', 'foobarlab'], { quiet: true }), 0, /logged in/, "bob's login");
  expect(await run(bob, ['cluster-access', 'approve', key, '--yes']), 0, /is approved/, 'approve');
  expect(await request, 0, /granted: you can write on foobarlab/, 'emergency');

  tell('The same command now works.');
  expect(await run(alice, ['delete', 'pod', pod, '--yes', '--wait=false']), 0, /deleted/, 'delete with access');

  tell('Commands that may destroy something show what goes, and ask. Without a terminal, they stop and send nothing.');
  expect(await run(alice, ['scale', 'deployment/checkout', '--replicas=0']), 2, /3 → 0 replicas/, 'scale, unasked');
  expect(await run(alice, ['delete', 'deployment', 'checkout', '--yes']), 0, /deleted/, 'delete the deployment');

  tell('That was the wrong one. She takes it back.');
  expect(await run(alice, ['undo', '--yes']), 0, /deployment.*checkout/, 'undo');
  expect(await run(alice, ['get', 'deployment', 'checkout']), 0, /checkout/, 'get deployment');

  tell('How long does the access last?');
  expect(await run(alice, ['whoami']), 0, /ends in \d+s/, 'whoami');

  tell('The access ends by itself.');
  const until = Date.now() + (GRANT_SECONDS + 60) * 1000;
  while (!/^no\b/m.test((await run(alice, ['auth', 'can-i', 'delete', 'pods'], { quiet: true })).output)) {
    if (Date.now() > until) throw new Failed('the grant did not end');
    await new Promise(resolve => setTimeout(resolve, 500));
  }
  const next = /^(checkout-\S+)/m.exec(
    expect(await run(alice, ['get', 'pods']), 0, /checkout/, 'get pods').output,
  )?.[1];
  expect(await run(alice, ['delete', 'pod', next, '--yes']), 1, /Forbidden/, 'delete after the grant');

  tell('What was done? The time line for the ticket:');
  const line = expect(await run(alice, ['incident', 'INC-1234']), 0, /access granted/, 'incident').output;
  for (const part of [/approved|decided by bob/, /delete deployment checkout/, /undo/, /ended/])
    if (!part.test(line)) throw new Failed(`the time line does not match ${part}\n${line}`);
}

let failure;
try {
  await story();
} catch (error) {
  failure = error;
} finally {
  tell('End of the demo.');
  await company.end().catch(error => {
    failure ??= error;
  });
}
if (failure) {
  console.error(paint('31', `\nthe demo failed: ${failure.message}`));
  process.exitCode = 1;
}
