// Menus that the server fills: New, and the switch to another trial or site.
// Without this the same links lead to pages.
const menu = document.getElementById('menu');
const items = () => [...menu.querySelectorAll('.menu-item')];
let opener = null;

export async function open(link, url = link.href) {
  opener = link;
  await htmx.ajax('GET', url, { target: menu, source: link, swap: 'innerHTML' });
  if (!menu.childElementCount) return;
  menu.classList.toggle('is-left', 'menuLeft' in link.dataset);
  menu.showPopover({ source: link });
  (menu.querySelector('input:not([type=hidden]), select') ?? items()[0])?.focus();
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-menu]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (menu.matches(':popover-open')) menu.hidePopover();
  else open(link);
});

menu.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Enter' && event.target.matches('input')) {
    event.preventDefault();
    items()[0]?.click();
  }
  if (!step) return;
  event.preventDefault();
  const all = items();
  all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
});

menu.addEventListener('toggle', (event) => {
  const isOpen = event.newState === 'open';
  opener?.setAttribute('aria-expanded', String(isOpen));
  if (!isOpen && (menu.contains(document.activeElement) || document.activeElement === document.body)) opener?.focus();
});
