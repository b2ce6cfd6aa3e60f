// Comfort only: every page works without it.

const live = document.querySelector('#live');

/** Shows the newest state of this page in place, without a jump of focus or scroll. */
function refresh() {
  const request = new XMLHttpRequest();
  // A document of its own kind: nothing in it runs, and no text becomes markup here.
  request.responseType = 'document';
  request.addEventListener('load', () => {
    const next = request.response?.querySelector('main');
    const now = document.querySelector('main');
    if (request.status !== 200 || !next || !now) return;
    const focused = document.activeElement?.id;
    const fresh = document.importNode(next, true);
    fresh.classList.add('fresh');
    now.replaceWith(fresh);
    document
      .querySelector('footer > span')
      ?.replaceWith(document.importNode(request.response.querySelector('footer > span'), true));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    addCopyButtons();
    if (live) live.textContent = 'A new report is shown.';
  });
  request.open('GET', location.href);
  request.setRequestHeader('accept', 'text/html');
  request.send();
}

/** A person who types in a field is not interrupted: the page follows when the field is left. */
function refreshWhenIdle() {
  const field = document.activeElement;
  if (field?.matches('main input, main select')) field.addEventListener('blur', refresh, { once: true });
  else refresh();
}

function addCopyButtons() {
  for (const code of document.querySelectorAll('[data-copy]')) {
    const lines = [...code.querySelectorAll('.line')].map((line) => line.textContent);
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', `Copy: ${code.previousElementSibling?.textContent ?? ''}`);
    button.addEventListener('click', () => {
      navigator.clipboard?.writeText(lines.length > 0 ? lines.join('\n') : code.textContent).then(() => {
        button.textContent = 'Copied';
      });
    });
    code.after(button);
  }
}

/** Focuses the row so many rows further down. */
function moveRow(step) {
  const rows = [...document.querySelectorAll('[data-row]')];
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? rows[step > 0 ? 0 : rows.length - 1] : rows[at + step];
  next?.focus();
}

const keys = {
  '/': () => (document.querySelector('[data-search]') ?? document.querySelector('[data-search-all]'))?.focus(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  '?': () => document.querySelector('#keys')?.showModal(),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select, textarea')) return;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});

addCopyButtons();
new EventSource('/events').addEventListener('report', refreshWhenIdle);
