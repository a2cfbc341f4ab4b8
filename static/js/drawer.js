// The drawer at the side: a page's main part beside the record it belongs to. Its state is in the
// address, so that it can be linked and Back closes it; without this the link leads to the page.
const drawer = document.getElementById('drawer');
const WIDE = '(min-width: 700px)'; // the page behind stays readable and usable
let opener = null;

const linkTo = (name) => document.querySelector(`a[data-drawer="${CSS.escape(name ?? '')}"]`);
const wanted = () => new URLSearchParams(location.search).get('open');

function address(name) {
  const url = new URL(location.href);
  if (name) url.searchParams.set('open', name);
  else url.searchParams.delete('open');
  return url;
}

async function open(link) {
  opener = link;
  await htmx.ajax('GET', link.href, { target: drawer, source: link, swap: 'innerHTML' });
  if (!drawer.childElementCount || drawer.open) return;
  if (matchMedia(WIDE).matches) drawer.show();
  else drawer.showModal();
  drawer.focus();
}

function follow() {
  const link = linkTo(wanted());
  if (link) open(link);
  else if (drawer.open) drawer.close();
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-drawer-close]')) drawer.close();
  const link = event.target.closest('a[data-drawer]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (wanted() !== link.dataset.drawer) history.pushState({ drawer: true }, '', address(link.dataset.drawer));
  open(link);
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && drawer.open && !document.querySelector('dialog:modal, :popover-open')) drawer.close();
});

drawer.addEventListener('close', () => {
  drawer.replaceChildren();
  if (wanted()) {
    if (history.state?.drawer) history.back();
    else history.replaceState(null, '', address());
  }
  opener?.focus();
});

addEventListener('popstate', follow);
addEventListener('load', follow);
