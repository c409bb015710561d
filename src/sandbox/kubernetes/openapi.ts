/** The OpenAPI v3 documents of the sandbox's API servers: what can be patched, and for `kubectl explain` the fields of the kinds. */
import { GROUP_VERSIONS, VERSION_INFO } from './discovery.ts';
import { apiVersionOf, type ResourceType } from './resource-types.ts';
import { RESOURCES } from './resources.ts';

function openApiPath(groupVersion: string): string {
  return groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
}

/** The index, or the document of one group and version. It lists only the paths that kubectl uses. */
export async function openApiV3(segments: readonly string[]): Promise<unknown> {
  if (segments.length === 0) {
    return {
      paths: Object.fromEntries(
        GROUP_VERSIONS.map(gv => [
          openApiPath(gv),
          { serverRelativeURL: `/openapi/v3/${openApiPath(gv)}?hash=sandbox` },
        ]),
      ),
    };
  }
  const groupVersion = GROUP_VERSIONS.find(gv => openApiPath(gv) === segments.join('/'));
  if (groupVersion === undefined) return undefined;
  const paths: Record<string, unknown> = {};
  const schemas: Record<string, unknown> = {};
  for (const type of RESOURCES.filter(r => apiVersionOf(r) === groupVersion)) {
    const gvk = { group: type.group, version: type.version, kind: type.kind };
    const scope = type.namespaced ? 'namespaces/{namespace}/' : '';
    const path = `/${openApiPath(groupVersion)}/${scope}${type.plural}`;
    const operation = {
      'x-kubernetes-group-version-kind': gvk,
      parameters: [
        { name: 'fieldValidation', in: 'query', schema: { type: 'string' } },
        { name: 'dryRun', in: 'query', schema: { type: 'string' } },
      ],
      responses: { 200: { description: 'OK' } },
    };
    paths[path] = {
      get: { ...operation, 'x-kubernetes-action': 'list' },
      post: { ...operation, 'x-kubernetes-action': 'post' },
    };
    paths[`${path}/{name}`] = {
      patch: { ...operation, 'x-kubernetes-action': 'patch' },
      put: { ...operation, 'x-kubernetes-action': 'put' },
    };
    schemas[`io.k8s.${type.kind}`] = {
      type: 'object',
      'x-kubernetes-group-version-kind': [gvk],
      'x-kubernetes-preserve-unknown-fields': true,
      ...(await fieldsOf(type, schemas)),
    };
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: VERSION_INFO.gitVersion },
    paths,
    components: { schemas },
  };
}

type Schema = Record<string, unknown>;

/** A model of the Kubernetes client: its fields with the names of their types. */
interface Model {
  getAttributeTypeMap(): readonly { readonly baseName: string; readonly type: string; readonly format: string }[];
}

/** The properties of a kind, and the schemas of the types below it. Nothing for a kind that the Kubernetes client does not know. */
async function fieldsOf({ version, kind }: ResourceType, schemas: Record<string, unknown>): Promise<Schema> {
  const models: Readonly<Record<string, unknown>> = await import('@kubernetes/client-node');
  const modelOf = (name: string): Model | undefined => {
    const model = Object.hasOwn(models, name) ? models[name] : undefined;
    return typeof model === 'function' && 'getAttributeTypeMap' in model ? (model as unknown as Model) : undefined;
  };
  const typeOf = (name: string): Schema => {
    const [, item] = /^Array<(.*)>$/.exec(name) ?? [];
    if (item !== undefined) return { type: 'array', items: typeOf(item) };
    const [, value] = /^\{ \[key: string\]: (.*); \}$/.exec(name) ?? [];
    if (value !== undefined) return { type: 'object', additionalProperties: typeOf(value) };
    if (PLAIN[name]) return PLAIN[name];
    const model = modelOf(name);
    if (model === undefined) return { type: 'object' };
    const key = `io.k8s.types.${name.replace(/^(Core)?V\d+((alpha|beta)\d+)?/, '')}`;
    if (schemas[key] === undefined) {
      // Types may contain themselves.
      schemas[key] = {};
      schemas[key] = { type: 'object', properties: propertiesOf(model) };
    }
    return { allOf: [{ $ref: `#/components/schemas/${key}` }] };
  };
  const propertiesOf = (model: Model): Schema =>
    Object.fromEntries(
      model
        .getAttributeTypeMap()
        .map(({ baseName, type, format }) => [
          baseName,
          { ...typeOf(type), ...(format === '' || type !== 'number' ? {} : { type: 'integer', format }) },
        ]),
    );
  const model = modelOf(`${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`) ?? modelOf(`CoreV1${kind}`);
  return model === undefined ? {} : { properties: propertiesOf(model) };
}

const PLAIN: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  Date: { type: 'string', format: 'date-time' },
  V1MicroTime: { type: 'string', format: 'date-time' },
  IntOrString: { type: 'string', format: 'int-or-string' },
  any: { type: 'object' },
};
