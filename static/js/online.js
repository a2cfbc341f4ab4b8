// Says when the network is lost and when it is back; what was typed stays on the page.
const [on, off] = ['online', 'offline'].map((id) => document.getElementById(id));
const live = document.getElementById('live');

function paint() {
  on.hidden = !navigator.onLine;
  off.hidden = navigator.onLine;
}

addEventListener('offline', () => {
  paint();
  live.textContent = 'Offline. What you type stays here, but nothing can be saved.';
});
addEventListener('online', () => {
  paint();
  live.textContent = 'Online again.';
});
paint();
