/** The pages of the sandbox's issuer. Plain HTML without scripts, so that they also work in a text browser. */
import { escapeHtml } from '../lib/html-page.ts';
import type { User } from './users.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1rem;color:#1b1f23;background:#fff}h1{font-size:1.3rem;margin-bottom:.3rem}' +
  'button{font:inherit;display:block;width:100%;text-align:left;margin:.5rem 0;padding:.7rem 1rem;border:1px solid #8a939b;border-radius:.5rem;background:transparent;color:inherit;cursor:pointer}' +
  'button:hover,button:focus{border-color:#0969da;outline:2px solid #0969da}small{color:#59636e}input{font:inherit;padding:.5rem;width:100%;box-sizing:border-box}' +
  '@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#16181b}small{color:#a0a8b0}}';

/** A page of the sandbox. `title` and `text` are escaped; `html` is inserted unescaped. */
export function sandboxPage(title: string, text: string, html = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>${html}<p><small>zkubectl sandbox: nothing here is real</small></p></body></html>\n`;
}

/** The sign-in page, with one button for each user. */
export function signInPage(users: readonly User[], client: string, action: string, trouble = ''): string {
  const buttons = users
    .map(
      user =>
        `<button type="submit" name="account" value="${escapeHtml(user.id)}">${escapeHtml(user.name)}<br><small>${escapeHtml(user.email)} · ${escapeHtml(user.teams.join(', '))}</small></button>`,
    )
    .join('');
  const form = `<form method="post" action="${escapeHtml(action)}">${buttons}<button type="submit" name="deny" value="yes"><small>Cancel</small></button></form>`;
  return sandboxPage('Sign in', `${trouble ? `${trouble} ` : ''}Choose a user to log in to ${client}.`, form);
}
