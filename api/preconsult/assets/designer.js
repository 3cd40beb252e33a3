/* What the designer adds to its plain forms: checks while somebody types, dragging, places in the text, a trial that
   follows each answer. ES2017, no dependencies; without it every form works as it is. */
(function () {
  'use strict';
  if (!window.fetch || !window.DOMParser) { return; }

  function post(url, form) {
    return fetch(url, { method: 'POST', body: new URLSearchParams(new FormData(form)), credentials: 'same-origin', headers: { Accept: 'text/html' } });
  }
  function swap(html, selectors) {
    var page = new DOMParser().parseFromString(html, 'text/html');
    selectors.forEach(function (selector) {
      var old = document.querySelector(selector);
      var fresh = page.querySelector(selector);
      if (old && fresh) { old.replaceWith(document.importNode(fresh, true)); }
    });
  }

  /* Checks while somebody types; only the last question asked is answered. */
  var turn = 0;
  document.addEventListener('input', function (event) {
    var form = event.target.form;
    if (!form || !form.dataset.check) { return; }
    var mine = ++turn;
    setTimeout(function () {
      if (mine !== turn) { return; }
      var panel = document.getElementById('findings');
      if (panel) { panel.setAttribute('aria-busy', 'true'); }
      post(form.dataset.check, form)
        .then(function (response) { return response.ok ? response.text() : null; })
        .then(function (html) {
          if (mine !== turn) { return; }
          if (html) { swap(html, ['#findings']); }
          if (panel) { panel.removeAttribute('aria-busy'); }
        })
        .catch(function () { if (panel) { panel.removeAttribute('aria-busy'); } });
    }, 500);
  });

  /* A finding leads to its line in the text, where the text is open. */
  document.addEventListener('click', function (event) {
    var link = event.target.closest('[data-line]');
    var source = document.querySelector('#source[name=text]');
    if (!link || !source) { return; }
    event.preventDefault();
    var line = Number(link.dataset.line);
    var lines = source.value.split('\n');
    var from = lines.slice(0, line - 1).reduce(function (sum, text) { return sum + text.length + 1; }, 0);
    source.focus();
    source.setSelectionRange(from, from + (lines[line - 1] || '').length);
    var height = parseFloat(getComputedStyle(source).lineHeight) || 20;
    source.scrollTop = Math.max(0, (line - 4) * height);
    source.scrollIntoView({ block: 'nearest' });
  });

  /* Dragging a card: it is put before the one it is dropped on. */
  var move = document.getElementById('move');
  var dragged = null;
  function target(event) { return event.target.closest ? event.target.closest('[data-drop]') : null; }
  function clear() {
    Array.prototype.forEach.call(document.querySelectorAll('.drop-here'), function (card) { card.classList.remove('drop-here'); });
  }
  if (move) {
    Array.prototype.forEach.call(document.querySelectorAll('[data-drag]'), function (card) { card.draggable = true; });
    document.addEventListener('dragstart', function (event) {
      dragged = event.target.closest ? event.target.closest('[data-drag]') : null;
      if (dragged) {
        event.dataTransfer.effectAllowed = 'move';
        event.dataTransfer.setData('text/plain', dragged.dataset.drag);
      }
    });
    document.addEventListener('dragover', function (event) {
      var card = dragged && target(event);
      if (!card || card === dragged) { return; }
      event.preventDefault();
      clear();
      card.classList.add('drop-here');
    });
    document.addEventListener('dragend', function () { dragged = null; clear(); });
    document.addEventListener('drop', function (event) {
      var card = dragged && target(event);
      if (!card || card === dragged) { return; }
      event.preventDefault();
      move.elements.at.value = dragged.dataset.drag;
      move.elements.to.value = card.dataset.drop;
      move.submit();
    });
  }

  /* The trial follows each answer. */
  var asked = 0;
  document.addEventListener('change', function (event) {
    var form = event.target.form;
    if (!form || !form.hasAttribute('data-trial')) { return; }
    var mine = ++asked;
    var name = event.target.name;
    var value = event.target.value;
    var body = document.querySelector('.handset-body');
    var top = body ? body.scrollTop : 0;
    post(form.action, form)
      .then(function (response) { return response.ok ? response.text() : null; })
      .then(function (html) {
        if (mine !== asked || !html) { return; }
        swap(html, ['#handset', '#written']);
        body = document.querySelector('.handset-body');
        if (body) { body.scrollTop = top; }
        var again = Array.prototype.filter.call(form.elements, function (field) {
          return field.name === name && (field.type !== 'radio' && field.type !== 'checkbox' || field.value === value);
        })[0];
        if (again) { again.focus({ preventScroll: true }); }
      })
      .catch(function () { /* the button sends it again */ });
  });
})();
