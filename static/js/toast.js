// A few words that something was done, with a way to undo it; it stays while it is looked at.
const STAYS = 10_000;

export function toast(text, undo) {
  const region = document.getElementById('toasts');
  const element = document.createElement('div');
  element.className = 'toast';
  element.append(Object.assign(document.createElement('span'), { textContent: text }));
  let timer;
  const close = () => element.remove();
  const wait = () => { timer = setTimeout(close, STAYS); };
  const stay = () => clearTimeout(timer);
  if (undo) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Undo' });
    button.addEventListener('click', () => { close(); undo(); }, { once: true });
    element.append(button);
  }
  for (const event of ['mouseenter', 'focusin']) element.addEventListener(event, stay);
  for (const event of ['mouseleave', 'focusout']) element.addEventListener(event, wait);
  region.append(element);
  wait();
}
