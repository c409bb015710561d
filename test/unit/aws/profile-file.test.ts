import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSection, valueIn, withProfile } from '../../../src/aws/profile-file.ts';

const FILE = `# mine
[default]
region = eu-central-1 ; near
s3 =
  max_concurrent_requests = 20

[profile shop]
; of the shop
credential_process = old
Region=us-east-1

[sso-session x]
sso_region = eu-west-1
`;

describe('withProfile', () => {
  test('replaces a key, and every other line stays', () => {
    expect(withProfile(FILE, 'profile shop', { credential_process: 'new', region: 'eu-west-1' })).toBe(
      FILE.replace('credential_process = old', 'credential_process = new').replace(
        'Region=us-east-1',
        'region = eu-west-1',
      ),
    );
  });

  test('adds a key after the last line of the section', () => {
    expect(withProfile(FILE, 'default', { credential_process: 'new' })).toBe(
      FILE.replace('requests = 20\n', 'requests = 20\ncredential_process = new\n'),
    );
  });

  test('adds a section at the end, and removes keys with their further lines', () => {
    expect(withProfile(FILE, 'profile new', { a: '1' })).toBe(`${FILE}\n[profile new]\na = 1\n`);
    expect(withProfile('', 'default', { a: '1' })).toBe('[default]\na = 1\n');
    expect(withProfile(FILE, 'default', { s3: undefined })).toBe(
      FILE.replace('s3 =\n  max_concurrent_requests = 20\n', ''),
    );
    expect(withProfile(FILE, 'nobody', { s3: undefined })).toBe(FILE);
  });

  test('keeps CRLF, and a file without a newline at its end gets one', () => {
    expect(withProfile('[a]\r\nx = 1', 'a', { x: '2' })).toBe('[a]\r\nx = 2\r\n');
    expect(withProfile('[a]\r\nx = 1', 'b', { x: '2' })).toBe('[a]\r\nx = 1\r\n\r\n[b]\r\nx = 2\r\n');
  });

  test('the last section of a name is the one that AWS reads', () => {
    const text = '[a]\nx = 1\n[a]\nx = 2\n';
    expect([valueIn(text, 'a', 'x'), withProfile(text, 'a', { x: '3' })]).toEqual(['2', '[a]\nx = 1\n[a]\nx = 3\n']);
  });

  test('any text keeps its other lines, and what is set is read back', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '[default]',
        '[profile shop]',
        '[ profile  shop ]',
        '',
        '# x',
        'region = a',
        '  nested = 1',
        'x=y',
        '][',
      ),
      fc.string({ maxLength: 12 }).filter(text => !/[\r\n]/.test(text)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('default', 'profile shop'), (lines, section) => {
        const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
        const after = withProfile(text, section, { credential_process: 'z' });
        expect(valueIn(after, section, 'credential_process')).toBe('z');
        const rest = after.split('\n').filter(one => one !== 'credential_process = z' && one !== `[${section}]`);
        for (const one of lines.filter(old => old !== `[${section}]`)) expect(rest).toContain(one);
        expect(withProfile(after, section, { credential_process: 'z' })).toBe(after);
      }),
    );
  });
});

test('configSection: AWS calls the default profile default in both files', () => {
  expect([configSection('default'), configSection('shop')]).toEqual(['default', 'profile shop']);
});
