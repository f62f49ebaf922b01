// The side of the paper that was chosen, before anything is drawn. crate web keeps it (storage.rs).
const { dataset } = document.documentElement;
// A frame of another page is told by its address.
const told = new URLSearchParams('embed' in dataset ? location.hash.slice(1) : '');
if (told.has('readonly')) dataset.readonly = '';
try {
  const theme = ['light', 'dark'].includes(told.get('theme')) ? told.get('theme') : localStorage.getItem('rollout-lab/1/theme');
  if (theme) dataset.theme = theme;
} catch {
  // Without storage the system decides.
}
