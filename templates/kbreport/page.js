// Contents mark, sorting and filter of tables. The page is whole without it.
(() => {
  const said = document.body.dataset;
  const links = [...document.querySelectorAll('nav.toc a')];
  if (links.length && 'IntersectionObserver' in window) {
    const seen = new IntersectionObserver(es => es.forEach(e => {
      if (e.isIntersecting) links.forEach(a => {
        if (a.hash === '#' + e.target.id) { a.setAttribute('aria-current', 'true'); if (innerWidth <= 1020) a.parentElement.parentElement.parentElement.scrollTo({left: a.offsetLeft - 20}); }
        else a.removeAttribute('aria-current');
      });
    }), {rootMargin: '-15% 0px -75% 0px'});
    document.querySelectorAll('section[id]').forEach(s => seen.observe(s));
  }
  const text = td => (td ? td.textContent : '').replace(/[\u00a0\u202f]/g, ' ').trim();
  // a figure as the reader sees it: "1 234,5", "−3 %", "31.12.2025", "—" is zero; null when unknown or a word
  const value = td => {
    if (!td) return null;
    if (td.dataset.v !== undefined && td.dataset.v !== '') return isNaN(td.dataset.v) ? td.dataset.v : +td.dataset.v;
    const t = text(td), d = t.match(/^(\d\d)\.(\d\d)\.(\d{4})$/);
    if (d) return +(d[3] + d[2] + d[1]);
    if (t === '—') return 0;
    let n = t.replace(/[▲▼✓!✗≈+%]/g, '').replace(/\u2212/g, '-').replace(/\s/g, '');
    n = document.documentElement.lang === 'ru' ? n.replace(',', '.') : n.replace(/,/g, '');
    return n !== '' && /^-?\d+(\.\d+)?/.test(n) ? parseFloat(n) : null;
  };
  const sortBy = (table, k, up) => {
    const body = table.tBodies[0], rows = [...body.rows];
    const keys = new Map(rows.map(r => [r, value(r.cells[k])]));
    const figures = rows.filter(r => typeof keys.get(r) === 'number').length * 2 > rows.length;
    rows.sort((a, b) => {
      let x = keys.get(a), y = keys.get(b);
      if (!figures) { x = text(a.cells[k]); y = text(b.cells[k]); return up * x.localeCompare(y, document.documentElement.lang, {numeric: true}); }
      if (typeof x !== 'number') return typeof y !== 'number' ? 0 : 1;   // unknown stays last in both directions
      if (typeof y !== 'number') return -1;
      return up * (x - y);
    });
    body.append(...rows);
    return figures;
  };
  document.querySelectorAll('table[data-sort]').forEach(table => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((th, k) => {
      if (!th.textContent.trim() || th.querySelector('.vh')) return;
      const b = document.createElement('button');
      b.type = 'button'; b.className = 'sort';
      b.append(...th.childNodes);
      th.append(b);
      b.addEventListener('click', () => {
        const now = th.getAttribute('aria-sort');
        const first = th.classList.contains('n') ? 'descending' : 'ascending';
        const next = now ? (now === 'ascending' ? 'descending' : 'ascending') : first;
        heads.forEach(h => h.removeAttribute('aria-sort'));
        th.setAttribute('aria-sort', next);
        sortBy(table, k, next === 'ascending' ? 1 : -1);
      });
    });
    const all = table.tBodies[0].rows.length, chips = [...(table.closest('.tbl') || table).querySelectorAll('.chips button')];
    if (all < 15 && !chips.length) return;
    if (all > 20 && !chips.length) {   // a long list shows its first twelve until asked (paper has them all)
      table.classList.add('folded');
      const more = document.createElement('button');
      more.type = 'button'; more.className = 'unfold'; more.textContent = said.more.replace('{n}', all);
      more.addEventListener('click', () => { table.classList.remove('folded'); table.parentElement.focus(); more.remove(); });
      table.parentElement.after(more);
    }
    const bar = document.createElement('div'), q = document.createElement('input'), out = document.createElement('span');
    bar.className = 'filters'; bar.setAttribute('role', 'search');
    q.type = 'search'; q.placeholder = said.filter; q.setAttribute('aria-label', said.filter); q.autocomplete = 'off';
    out.className = 'micro'; out.setAttribute('role', 'status');
    bar.append(q, out);
    table.parentElement.before(bar);
    let key = '';
    const show = () => {
      const want = q.value.trim().toLowerCase(), rows = [...table.tBodies[0].rows];
      let n = 0;
      table.classList.toggle('found', !!want);
      rows.forEach(r => { const ok = (!key || r.dataset.k === key) && (!want || text(r).toLowerCase().includes(want)); r.hidden = !ok; n += ok; });
      out.textContent = !want && !key ? '' : n ? said.shown.replace('{n}', n).replace('{all}', rows.length) : said.none;
    };
    q.addEventListener('input', show);
    chips.forEach(b => b.addEventListener('click', () => { key = b.dataset.f; chips.forEach(x => x.setAttribute('aria-pressed', x === b)); show(); }));
  });
})();
