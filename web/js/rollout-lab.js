// <rollout-lab>: a lab in a page of your own. embedding.html shows it; README describes its messages.
// A picture first; the lab itself is loaded when it is seen or clicked. It takes neither focus nor scroll.
(() => {
  const script = document.currentScript ?? document.querySelector('script[src*="rollout-lab.js"]');
  const base = new URL('./', script.src);
  const VERSION = 1;
  const SEEN = 0.25; // how much of it has to be seen for it to begin
  const AHEAD = '100%'; // or how far away it may be, in heights of the window, if no picture shows its moment
  const HEIGHT = { first: 420, least: 240, most: 760 };
  const PATIENCE_MS = 20_000; // then the frame is shown even if it has not said that it is ready
  const PASSED_ON = ['lab', 'lesson', 'link', 'view', 'theme', 'at', 'autoplay', 'readonly'];

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; }
    :host([hidden]) { display: none; }
    div { box-sizing: border-box; position: relative; height: var(--height, ${HEIGHT.first}px); overflow: hidden; border: 1px solid light-dark(#dcd9d1, #2c2f36); border-radius: 10px; background: light-dark(#f4f3ef, #131519); color-scheme: light dark; }
    :host([theme=light]) div { color-scheme: light; }
    :host([theme=dark]) div { color-scheme: dark; }
    iframe, img { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; }
    img { object-fit: contain; color-scheme: inherit; }
    p { position: absolute; inset: auto 0 .2rem; margin: 0; font: 11px system-ui, sans-serif; text-align: center; opacity: .75; }
    button { position: absolute; inset: auto 0 1.5rem; width: max-content; margin: 0 auto; padding: .6rem 1.2rem; border: 0; border-radius: 99px; background: light-dark(#1b1c20, #ecebe7); color: light-dark(#f4f3ef, #131519); font: 600 14px system-ui, sans-serif; cursor: pointer; }
    button:focus-visible { outline: 2px solid currentColor; outline-offset: -5px; }
    button[disabled] { opacity: .6; cursor: progress; }
    .ready :is(img, button, p) { display: none; }
  `);

  class RolloutLab extends HTMLElement {
    static observedAttributes = [...PASSED_ON, 'loading', 'height', 'picture'];
    #box;
    #frame;
    #watch;
    #links = [];

    connectedCallback() {
      addEventListener('message', this);
      this.#begin();
    }

    disconnectedCallback() {
      removeEventListener('message', this);
      this.#end();
    }

    attributeChangedCallback(name, before, now) {
      if (before === now || !this.#box) return;
      if (name === 'height') this.#resize();
      else if (name === 'theme' && this.#frame) this.#tell('theme', { theme: now });
      else this.#begin();
    }

    /** Plays on. */
    play() {
      this.start();
      this.#tell('play');
    }

    /** Pauses. */
    pause() {
      this.#tell('pause');
    }

    /** Goes to a moment, in seconds. */
    seek(seconds) {
      this.#tell('seek', { at: seconds * 1000 });
    }

    /** The link to the playground that has what the reader did: a promise. */
    share() {
      return new Promise((resolve) => {
        this.#links.push(resolve);
        this.#tell('share');
      });
    }

    /** Loads the lab, if it is not loaded yet. */
    start() {
      if (this.#frame) return;
      this.#watch?.disconnect();
      const asked = new URLSearchParams();
      for (const name of PASSED_ON) if (this.hasAttribute(name)) asked.set(name, this.getAttribute(name));
      asked.set('host', location.origin);
      this.#frame = document.createElement('iframe');
      this.#frame.title = this.getAttribute('title') || 'Rollout Lab';
      this.#frame.allow = 'clipboard-write';
      // The fragment stays as it is written: `/` and `:` need no escape there.
      this.#frame.src = `${base}embed.html#${asked}`;
      const button = this.#box.querySelector('button');
      button.disabled = true;
      button.textContent = 'Loading…';
      this.#box.prepend(this.#frame);
      setTimeout(() => this.#show(), PATIENCE_MS);
    }

    handleEvent({ source, origin, data }) {
      const isOurs = this.#frame && source === this.#frame.contentWindow && origin === base.origin;
      if (!isOurs || data?.rolloutLab !== VERSION) return;
      if (data.type === 'ready') this.#show();
      if (data.type === 'size' && Number.isFinite(data.height)) this.#resize(data.height);
      if (data.type === 'link') for (const resolve of this.#links.splice(0)) resolve(String(data.link));
      this.dispatchEvent(new CustomEvent(`rollout-lab-${data.type}`, { detail: data, bubbles: true }));
    }

    #begin() {
      this.#end();
      const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
      root.adoptedStyleSheets = [style];
      this.#box = document.createElement('div');
      const lesson = this.getAttribute('lesson');
      const name = lesson || this.getAttribute('lab') || (this.hasAttribute('link') ? '' : 'order-service');
      // The moment that it begins at, and what somebody did there, are the engine's to draw: it has drawn them for
      // who saved a picture in the playground.
      const own = this.getAttribute('picture');
      const isElsewhere = !own && (this.hasAttribute('at') || this.hasAttribute('link'));
      if (own || name) {
        const picture = document.createElement('img');
        picture.src = own ? new URL(own, document.baseURI) : `${base}lessons/${encodeURIComponent(name)}.svg`;
        picture.alt = `A picture of ${lesson ? 'the lesson' : 'the lab'} ${name}${own ? '' : ' at rest'}`.trim();
        picture.loading = 'lazy';
        const note = document.createElement('p');
        note.textContent = isElsewhere ? 'Picture: the lab at rest, before anything is done to it' : '';
        picture.onerror = () => this.#box.querySelectorAll('img, p').forEach((it) => it.remove());
        this.#box.append(picture, note);
      }
      const button = document.createElement('button');
      button.type = 'button';
      const at = parseFloat(this.getAttribute('at'));
      const moment = this.hasAttribute('link') ? 'at the shared moment' : at > 0 ? `at ${Math.floor(at / 60)}:${String(Math.floor(at % 60)).padStart(2, '0')}` : '';
      button.textContent = `▶ Start the lab ${moment}`.trim();
      button.onclick = () => this.start();
      this.#box.append(button);
      root.replaceChildren(this.#box);
      this.#resize();
      const loading = this.getAttribute('loading');
      if (loading === 'eager') this.start();
      else if (loading !== 'click') {
        const near = isElsewhere ? { rootMargin: `${AHEAD} 0px` } : { threshold: SEEN };
        this.#watch = new IntersectionObserver(([it]) => it.isIntersecting && this.start(), near);
        this.#watch.observe(this.#box);
      }
    }

    #end() {
      this.#watch?.disconnect();
      this.#frame?.remove();
      this.#frame = undefined;
    }

    #show() {
      this.#box.classList.toggle('ready', Boolean(this.#frame));
    }

    /** Its own height, if it was given one; otherwise what the lab asks for, within reason. */
    #resize(wanted = HEIGHT.first) {
      const own = parseFloat(this.getAttribute('height'));
      const height = own > 0 ? own : Math.min(Math.max(wanted, HEIGHT.least), HEIGHT.most);
      this.#box.style.setProperty('--height', `${height}px`);
    }

    #tell(type, more) {
      this.#frame?.contentWindow?.postMessage({ rolloutLab: VERSION, type, ...more }, base.origin);
    }
  }

  customElements.get('rollout-lab') ?? customElements.define('rollout-lab', RolloutLab);
})();
