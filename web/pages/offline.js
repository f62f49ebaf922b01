// Keeps the site for times without a network, once the page is at rest. Not where the host or the browser has no
// service workers, nor for whoever saves data.
const keep = async () => navigator.serviceWorker.register('sw.js');
// A version that waits is let in by a page that has just opened and is alone: it begins again with it.
const renew = async () => {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.getRegistration();
  if (!registration?.waiting || !serviceWorker.controller) return;
  serviceWorker.addEventListener('controllerchange', () => location.reload());
  serviceWorker.controller.postMessage('renew');
};
if ('serviceWorker' in navigator) {
  // A frame that may keep nothing is refused.
  renew().catch(() => {});
  const later = () => (window.requestIdleCallback ?? setTimeout)(() => keep().catch(() => {}));
  if (!navigator.connection?.saveData) addEventListener('load', () => setTimeout(later, 4000));
}
