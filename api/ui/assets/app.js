/* What plain forms cannot do, see lib.rs of this crate for the attributes. ES2017, no dependencies. */
(function () {
  'use strict';
  var root = document.documentElement;
  var TRIES = [1000, 3000, 6000];

  function each(selector, act, within) {
    Array.prototype.forEach.call((within || document).querySelectorAll(selector), act);
  }
  function say(text) {
    var notice = document.getElementById('notice');
    notice.textContent = text;
    notice.hidden = !text;
  }
  function wait(millis) {
    return new Promise(function (go) { setTimeout(go, millis); });
  }

  /* Forms */
  function block(form, busy) {
    if (busy) { form.setAttribute('aria-busy', 'true'); } else { form.removeAttribute('aria-busy'); }
    each('button', function (button) { button.disabled = busy; }, form);
  }
  async function send(form, body) {
    var url = form.getAttribute('action') || location.href;
    for (var i = 0; ; i++) {
      try {
        var response = await fetch(url, { method: 'POST', body: body, credentials: 'same-origin', headers: { Accept: 'text/html' } });
        /* 502–504 come from something in between: the answer may or may not have been taken. */
        if (response.status < 502 || response.status > 504) { return response; }
      } catch (e) { /* no network */ }
      if (i >= TRIES.length) { return null; }
      say('网络不稳定，正在重新发送（第' + (i + 1) + '次）…');
      await wait(TRIES[i]);
    }
  }
  function show(form, response, html) {
    var page = new DOMParser().parseFromString(html, 'text/html');
    var path = new URL(response.url).pathname;
    /* A refused form is shown again under the address it was sent to. */
    if (!response.redirected && path === new URL(form.action).pathname) { path = location.pathname; }
    var all = form.dataset.swap.split(',').map(function (selector) {
      return [document.querySelector(selector), page.querySelector(selector)];
    });
    if (path === location.pathname && all.every(function (pair) { return pair[0] && pair[1]; })) {
      all.forEach(function (pair) { pair[0].replaceWith(document.importNode(pair[1], true)); });
      settle(true);
    } else if (path === '/sign-in') {
      location.assign('/sign-in?next=' + encodeURIComponent(location.pathname));
    } else if (response.ok) {
      window.scrollTo(0, 0);
      location.assign(response.url);
    } else {
      var main = page.querySelector('main');
      say(main ? main.textContent.replace(/\s+/g, ' ').trim() : '没有发送成功，请稍后再试。');
    }
  }
  /* The second tap of a double tap lands on what has just been put there: it answers nothing. Keys are not held up. */
  function freshen() {
    each('#dock', function (dock) {
      dock.setAttribute('data-fresh', '');
      setTimeout(function () { dock.removeAttribute('data-fresh'); }, 400);
    });
  }
  document.addEventListener('click', function (event) {
    if (event.detail > 0 && event.target.closest('#dock[data-fresh]')) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  async function submit(form, submitter) {
    var body = new URLSearchParams(new FormData(form));
    if (submitter && submitter.tagName === 'BUTTON' && submitter.name) { body.append(submitter.name, submitter.value); }
    /* What is still asked about the page is out of date with its sending. */
    peeks += 1;
    form.removeAttribute('data-peeking');
    block(form, true);
    var response = await send(form, body);
    if (!response) {
      block(form, false);
      say('没有发送成功，您填写的内容还在。请检查网络后再点一次。');
      return;
    }
    say('');
    if (response.ok && new URL(response.url).pathname !== '/sign-in') { each('[data-draft]', drop, form); }
    var html = await response.text();
    show(form, response, html);
    freshen();
    block(form, false);
  }
  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (form.getAttribute('aria-busy')) { event.preventDefault(); return; }
    if (form.hasAttribute('data-sign-out')) { try { sessionStorage.clear(); } catch (e) { /* refused */ } }
    if (form.hasAttribute('data-size-switch') && window.fetch) {
      event.preventDefault();
      resize(form);
    } else if (form.dataset.swap && window.fetch && window.DOMParser) {
      event.preventDefault();
      submit(form, event.submitter || document.activeElement);
    } else if (form.hasAttribute('data-once') || form.dataset.swap) {
      setTimeout(function () { block(form, true); });
    }
  });
  /* A page that comes back from the browser's memory is used again. */
  window.addEventListener('pageshow', function () { each('form[aria-busy]', function (form) { block(form, false); }); });

  /* Drafts: only in this tab, gone when it closes. */
  function place(field) { return 'draft:' + field.dataset.draft; }
  function drop(field) { try { sessionStorage.removeItem(place(field)); } catch (e) { /* refused */ } }
  document.addEventListener('input', function (event) {
    var field = event.target;
    if (field.dataset.draft) { try { sessionStorage.setItem(place(field), field.value); } catch (e) { /* refused */ } }
    grow(field);
  });
  function restore(field) {
    var kept = null;
    try { kept = sessionStorage.getItem(place(field)); } catch (e) { /* refused */ }
    if (kept !== null && kept !== field.value) { field.value = kept; }
    grow(field);
  }
  function grow(field) {
    if (field.tagName !== 'TEXTAREA' || !field.hasAttribute('data-grow')) { return; }
    field.style.height = 'auto';
    field.style.height = Math.min(field.scrollHeight + 2, window.innerHeight * 0.3) + 'px';
    if (field.closest('.dock') && document.activeElement === field) { window.scrollTo(0, root.scrollHeight); }
  }

  /* A form that was unfolded is brought into sight, with the cursor in it. */
  document.addEventListener('toggle', function (event) {
    var field = event.target.open && event.target.classList.contains('edit') && event.target.querySelector('textarea');
    if (!field) { return; }
    grow(field);
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: 'center' });
  }, true);

  /* Large type */
  function resize(form) {
    var size = form.elements.size.value;
    root.dataset.size = size;
    form.querySelector('button').setAttribute('aria-pressed', String(size === 'large'));
    fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), credentials: 'same-origin' }).catch(function () {});
    form.elements.size.value = size === 'large' ? 'normal' : 'large';
  }
  if (/(?:^|; )(?:__Host-)?type_size=large/.test(document.cookie)) { root.dataset.size = 'large'; }

  /* A question that opens or closes others: the server says what the page looks like now. What was typed meanwhile stays. */
  var peeks = 0;
  function keep(old, fresh) {
    each('input, textarea, select', function (field) {
      var now = field.id && fresh.querySelector('#' + CSS.escape(field.id));
      if (!now) { return; }
      if (field.type === 'checkbox' || field.type === 'radio') { now.checked = field.checked; } else { now.value = field.value; }
    }, old);
  }
  async function peek(form, id) {
    var ticket = ++peeks, body = new URLSearchParams(new FormData(form));
    body.append('peek', 'yes');
    form.setAttribute('data-peeking', '');
    try {
      var response = await fetch(form.getAttribute('action'), { method: 'POST', body: body, credentials: 'same-origin', headers: { Accept: 'text/html' } });
      if (!response.ok || ticket !== peeks) { return; }
      var page = new DOMParser().parseFromString(await response.text(), 'text/html');
      var old = form.querySelector('[data-fields]'), fresh = page.querySelector('[data-fields]');
      if (!old || !fresh || ticket !== peeks) { return; }
      fresh = document.importNode(fresh, true);
      keep(old, fresh);
      old.replaceWith(fresh);
      var field = document.getElementById(id);
      if (field) { field.focus({ preventScroll: true }); }
    } catch (e) { /* the page is asked again when it is sent */ }
    if (ticket === peeks) { form.removeAttribute('data-peeking'); }
  }
  document.addEventListener('change', function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute('data-live') && event.target.closest('[data-steers]') && window.fetch && window.CSS) {
      peek(form, event.target.id);
    }
  });

  /* Ticks that stand alone */
  document.addEventListener('change', function (event) {
    var tick = event.target;
    if (tick.type !== 'checkbox' || !tick.checked) { return; }
    each('input[type=checkbox]', function (other) {
      if (other !== tick && (tick.hasAttribute('data-alone') || other.hasAttribute('data-alone'))) { other.checked = false; }
    }, tick.closest('fieldset') || tick.form);
  });

  /* Completions while somebody types, into the datalist of the field. */
  var asked = 0;
  document.addEventListener('input', function (event) {
    var field = event.target;
    if (!field.dataset.suggest || !window.fetch || !field.list || event.isComposing) { return; }
    var turn = ++asked;
    setTimeout(function () {
      if (turn !== asked || !field.value.trim()) { return; }
      fetch(field.dataset.suggest + '?q=' + encodeURIComponent(field.value), { credentials: 'same-origin', headers: { Accept: 'application/json' } })
        .then(function (response) { return response.ok ? response.json() : []; })
        .then(function (texts) {
          if (turn !== asked) { return; }
          field.list.textContent = '';
          texts.forEach(function (text) {
            var option = document.createElement('option');
            option.value = text;
            field.list.appendChild(option);
          });
        })
        .catch(function () { /* no completions without a network */ });
    }, 150);
  });

  /* Evidence */
  function mark(event) {
    var from = event.target.closest('[data-marks]');
    if (!from) { return; }
    each('.marked', function (old) { old.classList.remove('marked'); });
    from.classList.add('marked');
    var first = null;
    from.dataset.marks.split(' ').forEach(function (id) {
      var turn = id && document.getElementById(id);
      if (turn) { turn.classList.add('marked'); first = first || turn; }
    });
    var pane = first && first.closest('[data-pane]');
    if (pane) { pane.scrollTop += first.getBoundingClientRect().top - pane.getBoundingClientRect().top - parseFloat(getComputedStyle(first).scrollMarginTop); }
  }
  document.addEventListener('click', mark);
  document.addEventListener('focusin', mark);

  /* Forms that send where the reader is; without a place they stay hidden. */
  document.addEventListener('submit', function (event) {
    var form = event.target.closest('form[data-locate]');
    if (!form || form.elements.longitude.value) { return; }
    event.preventDefault();
    navigator.geolocation.getCurrentPosition(function (found) {
      form.elements.longitude.value = found.coords.longitude.toFixed(5);
      form.elements.latitude.value = found.coords.latitude.toFixed(5);
      form.submit();
    }, function () { form.submit(); }, { timeout: 8000, maximumAge: 60000 });
  });

  /* Keys of lists */
  document.addEventListener('keydown', function (event) {
    var step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    var list = document.querySelector('[data-keys]');
    if (!step || !list || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) { return; }
    var links = Array.prototype.slice.call(list.querySelectorAll('a'));
    var at = links.indexOf(document.activeElement);
    var next = links[at < 0 ? 0 : at + step];
    if (next) { event.preventDefault(); next.focus(); }
  });

  /* Keys of buttons and fields: a letter, while nobody types. Escape leaves a field. */
  document.addEventListener('keydown', function (event) {
    var types = /^(?:TEXTAREA|SELECT)$/.test(event.target.tagName) || (event.target.tagName === 'INPUT' && !/^(?:checkbox|radio|button|submit)$/.test(event.target.type));
    if (event.key === 'Escape' && types && document.querySelector('[data-key]')) { event.target.blur(); return; }
    if (types || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !/^[a-z]$/i.test(event.key)) { return; }
    var named = document.querySelector('[data-key="' + event.key.toLowerCase() + '"]');
    if (!named || named.disabled) { return; }
    event.preventDefault();
    if (/^(?:A|BUTTON)$/.test(named.tagName)) { named.click(); } else { named.focus(); named.scrollIntoView({ block: 'nearest' }); }
  });

  /* Count-downs on the server's clock */
  var ahead = null;
  function count() {
    each('[data-countdown]', function (clock) {
      if (ahead === null || clock.dataset.now !== clock.dataset.seen) {
        ahead = Number(clock.dataset.now) - Date.now();
        each('[data-countdown]', function (one) { one.dataset.seen = one.dataset.now; });
      }
      var left = Math.max(0, Math.ceil((Number(clock.dataset.countdown) - Date.now() - ahead) / 1000));
      var text = left > 0 ? Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0') : '已到时';
      if (clock.textContent !== text) { clock.textContent = text; }
      var urgent = left < 30;
      if (urgent && !clock.classList.contains('is-urgent')) {
        clock.classList.add('is-urgent');
        if (left > 0) { ring(2); }
      }
    });
  }

  /* A sound for what is new and what gets urgent; silent until somebody has touched the page, or when muted. */
  var sound = null, rang = 0;
  function muted() { try { return localStorage.getItem('mute') === 'yes'; } catch (e) { return false; } }
  function ring(times) {
    var Context = window.AudioContext;
    if (muted() || !Context || Date.now() - rang < 1500) { return; }
    rang = Date.now();
    sound = sound || new Context();
    if (sound.state === 'suspended') { sound.resume().catch(function () {}); }
    for (var i = 0; i < times; i++) {
      var tone = sound.createOscillator(), level = sound.createGain(), at = sound.currentTime + i * 0.25;
      tone.frequency.value = 880;
      level.gain.setValueAtTime(0.15, at);
      level.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      tone.connect(level);
      level.connect(sound.destination);
      tone.start(at);
      tone.stop(at + 0.2);
    }
  }
  function label(button) {
    button.hidden = false;
    button.textContent = muted() ? '声音：关' : '声音：开';
    button.setAttribute('aria-pressed', String(!muted()));
  }
  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-mute]');
    if (!button) { return; }
    try { localStorage.setItem('mute', muted() ? 'no' : 'yes'); } catch (e) { /* refused */ }
    label(button);
    ring(1);
  });

  /* A part that follows a stream of the server: at each change it is drawn anew. */
  function follow(part) {
    var id = part.id, busy = false, again = false;
    async function redraw() {
      if (busy) { again = true; return; }
      busy = true;
      try {
        var response = await fetch(location.href, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
        var old = document.getElementById(id);
        var fresh = response.ok && !response.redirected && new DOMParser().parseFromString(await response.text(), 'text/html').getElementById(id);
        if (fresh && old) {
          var focused = document.activeElement && old.contains(document.activeElement) ? document.activeElement.id : '';
          fresh = document.importNode(fresh, true);
          var more = Number(fresh.dataset.alarm || 0) > Number(old.dataset.alarm || 0);
          old.replaceWith(fresh);
          var field = focused && document.getElementById(focused);
          if (field) { field.focus({ preventScroll: true }); }
          if (more) { ring(1); }
          count();
        }
      } catch (e) { /* the stream tells again */ }
      busy = false;
      if (again) { again = false; redraw(); }
    }
    var last = null;
    new EventSource(part.dataset.follow).addEventListener('change', function (event) {
      if (last !== event.data) { last = event.data; redraw(); }
    });
  }

  /* After loading and after each swap; only then focus goes to what is new. */
  function settle(swapped) {
    each('[data-draft]', restore);
    each('[data-grow]', grow);
    if (navigator.geolocation) { each('form[data-locate]', function (form) { form.hidden = false; }); }
    var end = document.querySelector('[data-end]');
    if (end) { window.scrollTo(0, root.scrollHeight); }
    var fresh = swapped && document.querySelector('[data-focus]');
    if (fresh) { fresh.focus({ preventScroll: true }); }
  }
  settle(false);
  each('[data-mute]', label);
  if (window.EventSource && window.fetch && window.DOMParser) { each('[data-follow]', follow); }
  if (document.querySelector('[data-countdown], [data-follow]')) {
    count();
    setInterval(count, 500);
  }
})();
