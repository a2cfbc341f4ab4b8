// A timeline wider than the screen opens with today in the middle of what is seen of it.
const today = document.getElementById('timeline-today');
const seen = today?.closest('.scroll');

if (seen) {
  const start = seen.getBoundingClientRect().left + seen.clientWidth / 2;
  seen.scrollLeft += today.getBoundingClientRect().left - start;
}
