// Parts of a page that keep themselves fresh. They say which version they show, and the server sends
// only a newer one; htmx gives the focus back to what has the same id. While a menu or dialog is
// open they wait.
const isInUse = () => document.querySelector('dialog[open], :popover-open');

document.addEventListener('htmx:beforeRequest', (event) => {
  if (event.detail.elt.dataset.fresh && isInUse()) event.preventDefault();
});

document.addEventListener('htmx:configRequest', ({ detail }) => {
  const { fresh } = detail.elt.dataset;
  if (fresh) detail.headers['If-None-Match'] = fresh;
});

document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  if (detail.xhr.status === 304) detail.shouldSwap = false;
});

document.addEventListener('htmx:afterRequest', ({ detail: { elt, xhr } }) => {
  const tag = elt.dataset.fresh && xhr.status === 200 && xhr.getResponseHeader('ETag');
  if (tag) elt.dataset.fresh = tag;
});
