// Everything works without this file; it only makes some things smoother.

// A thumbnail moves its picture strip, not the page.
for (const gallery of document.querySelectorAll('.gallery')) {
  const strip = gallery.querySelector('.strip');
  const links = [...gallery.querySelectorAll('.thumbs a')];
  if (!links.length) continue;
  const show = (index) => links.forEach((link, i) => {
    if (i === index) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  });
  links.forEach((link, i) => link.addEventListener('click', (event) => {
    event.preventDefault();
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const picture = strip.children[i];
    const shift = picture.getBoundingClientRect().left - strip.getBoundingClientRect().left;
    strip.scrollBy({ left: shift, behavior: calm ? 'auto' : 'smooth' });
  }));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) show([...strip.children].indexOf(entry.target));
    }
  }, { root: strip, threshold: 0.6 });
  for (const picture of strip.children) seen.observe(picture);
}

// The menu closes with Escape and when something else is pressed.
const menu = document.querySelector('.menu');
if (menu) {
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && menu.open) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  document.addEventListener('click', (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
}
