// A few words that something was done, with the way back; they stay while somebody looks at them.
const STAYS = 10_000;
const region = document.getElementById('toasts');
const blank = document.getElementById('toast-blank').content.firstElementChild;

function leaveLater(element) {
  let timer;
  const wait = () => { timer = setTimeout(() => element.remove(), STAYS); };
  const stay = () => clearTimeout(timer);
  for (const event of ['pointerenter', 'focusin']) element.addEventListener(event, stay);
  for (const event of ['pointerleave', 'focusout']) element.addEventListener(event, wait);
  wait();
}

// The way back is an address that takes a POST, or something to do here.
export function toast(text, undo) {
  const element = blank.cloneNode(true);
  const form = element.querySelector('form');
  element.querySelector('[data-text]').textContent = text;
  if (typeof undo === 'string' && undo) {
    form.action = undo;
    form.elements.next.value = location.pathname + location.search;
  } else if (undo) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      element.remove();
      undo();
    });
  } else form.remove();
  region.append(element);
  leaveLater(element);
}

region.querySelectorAll('[data-toast]').forEach(leaveLater);
document.addEventListener('toast', ({ detail }) => {
  for (const { text, undo } of detail.said) toast(text, undo);
});
