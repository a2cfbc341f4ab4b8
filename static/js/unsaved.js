// Asks before a page is left on which something typed was neither sent nor kept as a draft.
const changed = new Set();
const counts = (form) => form?.method === 'post' && form.closest('main');

document.addEventListener('input', ({ target }) => {
  if (counts(target.form)) changed.add(target.form);
});
document.addEventListener('submit', ({ target }) => changed.delete(target));
document.addEventListener('reset', ({ target }) => changed.delete(target));
document.addEventListener('htmx:afterRequest', ({ detail }) => {
  if (detail.successful) changed.delete(detail.elt); // sent, or kept as a draft
});
document.addEventListener('htmx:responseError', ({ detail }) => {
  if (counts(detail.elt)) changed.add(detail.elt);
});

addEventListener('beforeunload', (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});
