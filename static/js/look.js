// Theme and height of rows change at once; the server keeps them for the next page.
const root = document.documentElement;

document.addEventListener('submit', (event) => {
  const { name, value } = event.submitter ?? {};
  if (!event.target.matches('[data-look]') || !name) return;
  if (name === 'theme' && value === 'system') delete root.dataset.theme;
  else root.dataset[name] = value;
  for (const each of document.querySelectorAll(`[data-look] [name=${name}]`)) {
    each.setAttribute('aria-pressed', each.value === value);
  }
}, true);
