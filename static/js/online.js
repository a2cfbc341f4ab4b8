// Says when the network is lost and when it is back; what was typed stays on the page.
const chip = document.getElementById('offline');
const live = document.getElementById('live');

function paint() {
  chip.hidden = navigator.onLine;
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
