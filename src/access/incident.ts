/** Finds the URL of an incident. */
import { UsageError } from '../errors.ts';

/**
 * Returns an https URL unchanged. Puts `INC-123` or `123` into the template `access.incident_url`.
 * Throws UsageError (2) for anything else.
 */
export function incidentUrl(incident: string, template: string | undefined): string {
  const text = incident.trim();
  if (/^https:\/\//i.test(text) && URL.canParse(text) && !/\s/.test(text)) return text;
  // The ids of Opsgenie are UUIDs.
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
  if (isUuid || /^([A-Za-z][A-Za-z0-9]{0,31}-)?\d{1,12}$/.test(text)) {
    if (template === undefined) {
      throw new UsageError('access.incident_url is not configured: give the full https URL of the incident', {
        code: 'not_configured',
        hint: 'zkubectl configure access.incident_url=https://jira.example.org/browse/{incident}',
      });
    }
    return template.replaceAll('{incident}', encodeURIComponent(isUuid ? text : text.toUpperCase()));
  }
  throw new UsageError(`not an incident: "${incident}"`, {
    code: 'bad_incident',
    hint: 'give a key such as INC-1234, its number, or an https URL: -i INC-1234',
  });
}

/** `INC-1234` of its URL. */
export function incidentName(url: string | undefined): string {
  if (url === undefined) return '';
  return (URL.canParse(url) ? new URL(url).pathname.split('/').findLast(part => part !== '') : undefined) ?? url;
}
