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

  test('indented keys are keys; a line that is indented more continues one', () => {
    const text = '[a]\n    x = 1\n      more\n    y = 2\n[b]\n';
    expect([valueIn(text, 'a', 'x'), valueIn(text, 'a', 'y'), valueIn(text, 'a', 'more')]).toEqual([
      '1',
      '2',
      undefined,
    ]);
    expect(withProfile(text, 'a', { x: '3', z: '4' })).toBe('[a]\n    x = 3\n    y = 2\n    z = 4\n[b]\n');
    expect(withProfile(text, 'a', { y: undefined })).toBe('[a]\n    x = 1\n      more\n[b]\n');
  });

  test("each line keeps its ending, and a key's comments stay", () => {
    const text = '# mine\r\n[a]\nx = 1\r\n  # my note\n  more\ny = 2';
    expect(withProfile(text, 'a', { x: '3', z: '4' })).toBe('# mine\r\n[a]\nx = 3\r\n  # my note\ny = 2\r\nz = 4\r\n');
    expect(withProfile('x', 'a', { z: '4' })).toBe('x\n\n[a]\nz = 4\n');
  });

  test('a value that would be a line of its own is refused', () => {
    for (const value of ['x\n[default]', 'x\r', '\u0000'])
      expect(() => withProfile(FILE, 'default', { region: value })).toThrow(RangeError);
  });

  test('of a key in several sections with one title, the last counts, and one is left', () => {
    const text = '[a]\nx = 1\n[a]\nx = 2\n';
    expect([valueIn(text, 'a', 'x'), withProfile(text, 'a', { x: '3' })]).toEqual(['2', '[a]\n[a]\nx = 3\n']);
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
