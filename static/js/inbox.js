// My work: the list marks what the preview shows, and arrows walk through it.
const list = document.getElementById('duties');
const preview = document.getElementById('preview');

function mark() {
  const shown = preview.querySelector('[data-shown]').dataset.shown;
  for (const row of list.querySelectorAll('[data-duty]')) {
    const isShown = row.dataset.duty === shown;
    row.classList.toggle('is-current', isShown);
    row.querySelector('a').toggleAttribute('aria-current', isShown);
    const box = row.querySelector('[type=checkbox]');
    if (isShown) box?.setAttribute('data-key', 'x');
    else box?.removeAttribute('data-key');
    if (isShown) row.scrollIntoView({ block: 'nearest' });
  }
}

function walk(event) {
  const key = { ArrowDown: 'j', ArrowUp: 'k' }[event.key];
  if (!key || event.target.matches('select, input')) return;
  event.preventDefault();
  preview.querySelector(`[data-key="${key}"]`)?.click();
}

if (preview) {
  list.addEventListener('keydown', walk);
  preview.addEventListener('htmx:afterSettle', () => {
    mark();
    preview.closest('.inbox').classList.add('is-picked');
  });
}
