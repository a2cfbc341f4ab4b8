// Keys. An element says with data-key which key presses it ("h", or "g t" for one after the other),
// so that there are keys only to what the person may do. They can be switched off in the settings.
const sheet = document.getElementById('keys');
const PAUSE = 1500; // milliseconds between the keys of a pair
let lead = '';
let timer;

export const isTyping = ({ target }) => target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]');
export const isOff = () => document.documentElement.dataset.keys === 'off';
const keyed = () => [...document.querySelectorAll('[data-key]')];

function press(keys) {
  const element = keyed().find((each) => each.dataset.key === keys);
  if (element && 'keyFocus' in element.dataset) element.focus(); // what it does is kept, so Enter says yes
  else element?.click();
  return Boolean(element);
}

function pressed(event) {
  const keys = lead ? `${lead} ${event.key}` : event.key;
  clearTimeout(timer);
  lead = '';
  if (press(keys)) return true;
  if (keyed().some((each) => each.dataset.key.startsWith(`${event.key} `))) {
    lead = event.key;
    timer = setTimeout(() => { lead = ''; }, PAUSE);
    return true;
  }
  return false;
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented) return;
  const withControl = event.ctrlKey || event.metaKey;
  if (withControl && event.key.toLowerCase() === 'k') {
    if (press('/')) event.preventDefault();
    return;
  }
  if (withControl || event.altKey || isOff() || isTyping(event) || document.querySelector('dialog:modal')) return;
  if (!pressed(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// What the keys of this page are: read off the page itself.
function row(element) {
  const line = document.createElement('li');
  const name = document.createElement('span');
  name.textContent = element.dataset.keyName ?? element.ariaLabel ?? element.textContent.trim();
  const keys = element.dataset.key.split(' ').map((key) => Object.assign(document.createElement('kbd'), { textContent: key }));
  line.append(name, ...keys);
  return line;
}

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-keys-open]')) return;
  const seen = new Map(keyed().map((each) => [each.dataset.key, each]));
  sheet.querySelector('ul').replaceChildren(...[...seen.values()].map(row));
  sheet.showModal();
});
