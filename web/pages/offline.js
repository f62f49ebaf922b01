// Keeps the site for times without a network, once the page is at rest. Not where the host or the browser has no
// service workers, nor for whoever saves data.
const keep = () => navigator.serviceWorker.register('sw.js').catch(() => {});
if ('serviceWorker' in navigator && !navigator.connection?.saveData) {
  addEventListener('load', () => setTimeout(() => (window.requestIdleCallback ?? setTimeout)(keep), 4000));
}
