/** Generates the JSON schema of config.yaml, for editors, from the configuration keys. */
import { CONFIG_KEYS, type ConfigKey, GROUPS } from './keys.ts';

type Schema = Record<string, unknown>;

const TYPES: Readonly<Record<ConfigKey['type'], Schema>> = {
  string: { type: 'string' },
  url: { type: 'string', format: 'uri' },
  path: { type: 'string' },
  template: { type: 'string' },
  words: { type: 'array', items: { type: 'string' } },
  ports: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 65_535 } },
  redirect: { type: 'string', format: 'uri' },
  params: { type: 'object', additionalProperties: { type: 'string' } },
  days: { type: 'string', pattern: '^[1-9][0-9]{0,4}d$' },
  choice: {},
  group: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
};

export function configSchema(): string {
  const sections: Record<string, Record<string, Schema>> = {};
  for (const key of CONFIG_KEYS as readonly ConfigKey[]) {
    const [section = '', name = ''] = key.path.split('.');
    sections[section] ??= {};
    sections[section][name] = {
      ...TYPES[key.type],
      ...(key.choices && { enum: [...key.choices] }),
      description: key.help,
      ...(key.fallback === undefined ? {} : { default: key.fallback }),
    };
  }
  const properties = Object.fromEntries(
    Object.entries(sections).map(([name, keys]) => [
      name,
      { type: 'object', additionalProperties: false, properties: keys },
    ]),
  );
  const groups = { type: 'object', additionalProperties: { ...TYPES.group, description: 'the clusters of @NAME' } };
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'zkubectl config.yaml',
    type: 'object',
    additionalProperties: false,
    properties: { ...properties, [GROUPS]: groups },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
