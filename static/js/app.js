// What HTML alone does not give: keys that jump. Nothing here is needed to work.
const root = document.documentElement;
const typing = (event) => /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
const places = { w: '/my-work/', t: '/today/', p: '/trials/' };
let lead = '';

document.addEventListener('keydown', (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || root.dataset.keys === 'off') return;
  if (lead === 'g' && places[event.key]) {
    location.href = places[event.key];
    return;
  }
  lead = event.key === 'g' ? 'g' : '';
  if (event.key === '/') {
    event.preventDefault();
    document.getElementById('top-search')?.focus();
  }
});
