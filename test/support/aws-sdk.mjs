// The AWS SDK as another program uses it: it finds its credentials by AWS_PROFILE.
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';

const { Plaintext } = await new KMSClient({}).send(new DecryptCommand({ CiphertextBlob: Buffer.from('abc') }));
process.stdout.write(Buffer.from(Plaintext).toString());
