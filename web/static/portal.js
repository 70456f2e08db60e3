// The page for people. It calls the public API and nothing else. The token lives in `session` and nowhere else: not in
// storage, not in a cookie, not in an address; a reload forgets it.
"use strict";

(() => {
  const LOOK_AGAIN = 1000; // milliseconds between two looks at something that is under way
  const LOOKS = 30; // at a delivery; then the log is left to tell the rest
  const TRIES = 3; // of a request that no answer came to; its Idempotency-Key makes that safe
  const LATEST = 200; // deliveries in the bar
  const PAGE = 20; // deliveries in the log at a time
  const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const SHOWN_AS = { delivered: "delivered", pending: "pending", leased: "pending", held: "held", failed: "failed" };

  const session = { token: null, me: null, keys: null, types: [] };
  let words = JSON.parse(document.getElementById("words").textContent);
  let leaving = new AbortController(); // ends what the view before had still under way
  const notice = document.getElementById("notice");

  class Refusal extends Error {
    constructor(problem) {
      super(problem.title);
      this.problem = problem;
    }
  }

  // ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function word(name, values = {}) {
    return (words[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "…");
  }

  // Browsers have no Albanian and no Macedonian dates: plain figures are read everywhere.
  function when(instant, { seconds = false } = {}) {
    return `${new Date(instant).toISOString().slice(0, seconds ? 19 : 16).replace("T", " ")} UTC`;
  }

  function inWords(attempt) {
    if (attempt.error) return words[`error_${attempt.error}`] ?? word("error_other", { code: attempt.error });
    const { status } = attempt;
    if (status >= 200 && status <= 299) return word("accepted", { status });
    if (status >= 300 && status <= 399) return word("redirected", { status });
    if (status === 410) return word("gone", { status });
    return word([429, 502, 503, 504].includes(status) ? "overloaded" : "not_accepted", { status });
  }

  function inLanguage(root) {
    for (const one of root.querySelectorAll("[data-text]")) one.textContent = word(one.dataset.text);
    for (const one of root.querySelectorAll("[data-label]")) one.setAttribute("aria-label", word(one.dataset.label));
  }

  async function speak(link) {
    const answer = await fetch(`/portal/strings/${link.lang}`, { credentials: "omit" });
    words = await answer.json();
    document.documentElement.lang = link.lang;
    for (const other of document.querySelectorAll("#languages a")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    history.replaceState(null, "", `?lang=${link.lang}${location.hash}`);
    inLanguage(document);
    await arrive({ focus: false });
  }

  // ── parts of the page ──────────────────────────────────────────────────────────────────────────────────────────

  function cloned(name) {
    const copy = document.getElementById(name).content.cloneNode(true);
    inLanguage(copy);
    return copy.firstElementChild;
  }

  function part(root, name) {
    return root.querySelector(`[data-part="${name}"]`);
  }

  function made(tag, text = "", className = "") {
    const element = document.createElement(tag);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function option(value, text = value) {
    const one = made("option", text);
    one.value = value;
    return one;
  }

  function setTime(element, instant, options) {
    element.dateTime = instant;
    element.textContent = when(instant, options);
  }

  function setState(element, state, text) {
    element.className = `state ${state}`;
    element.textContent = text;
  }

  // ── telling what came of it ────────────────────────────────────────────────────────────────────────────────────

  function tell(result, kind, ...sentences) {
    result.className = `result ${kind}`;
    result.replaceChildren(...sentences.filter(Boolean).map((one) => (one instanceof Node ? one : made("p", one))));
  }

  function forget(form) {
    for (const mark of form.querySelectorAll(".mistake")) mark.remove();
    for (const control of form.querySelectorAll("[aria-invalid]")) {
      control.removeAttribute("aria-invalid");
      const hints = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => !id.startsWith("mistake"));
      if (hints[0]) control.setAttribute("aria-describedby", hints.join(" "));
      else control.removeAttribute("aria-describedby");
    }
  }

  function mark(field, sentence) {
    const control = field.querySelector("input:not([type=checkbox]), select");
    const mistake = made("p", sentence, "mistake");
    mistake.id = `mistake-${control.id}`;
    field.append(mistake);
    control.setAttribute("aria-invalid", "true");
    const hints = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== mistake.id);
    control.setAttribute("aria-describedby", [...hints, mistake.id].join(" "));
    return control;
  }

  // The API says it in the reader's language, field by field; only the detail of a conflict is always English.
  function tellProblem(result, problem, form) {
    const elsewhere = made("ul");
    const wrong = [];
    for (const { pointer, detail } of problem.errors ?? []) {
      const field = form?.querySelector(`[data-field="${CSS.escape(pointer.split("/")[1] ?? "")}"]`);
      if (field) wrong.push(mark(field, detail));
      else elsewhere.append(made("li", pointer ? `${pointer}: ${detail}` : detail));
    }
    const english = made("p", problem.errors ? "" : problem.detail);
    english.lang = "en";
    tell(result, "bad", problem.title, english.textContent && english, elsewhere.firstChild && elsewhere);
    wrong[0]?.focus();
  }

  function tellError(result, error, form) {
    if (error.name === "AbortError") return;
    if (error instanceof Refusal) tellProblem(result, error.problem, form);
    else if (error instanceof TypeError) tell(result, "bad", word("offline"));
    else throw error;
  }

  // Does what a button is for: once at a time, and tells what came of it next to it.
  async function act(button, result, deed) {
    if (button.getAttribute("aria-disabled") === "true") return;
    const form = button.closest("form");
    if (form) forget(form);
    result.replaceChildren();
    button.setAttribute("aria-disabled", "true");
    try {
      await deed();
    } catch (error) {
      tellError(result, error, form);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  function onSubmit(form, result, deed) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(form.querySelector("button:not([type=button])"), result, deed);
    });
  }

  // ── asking the API ─────────────────────────────────────────────────────────────────────────────────────────────

  function wait(milliseconds, { signal } = leaving) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
    });
  }

  async function ask(method, path, body) {
    const headers = {
      Accept: "application/json",
      "Accept-Language": document.documentElement.lang,
      Authorization: `Bearer ${session.token}`,
    };
    if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const request = { method, headers, body: JSON.stringify(body), signal: leaving.signal };
    const answer = await answered(path, { ...request, credentials: "omit", cache: "no-store", redirect: "error" });
    if (answer.ok) return answer.json();
    const problem = await answer.json().catch(() => ({ title: word("offline") }));
    if (answer.status === 401 && session.me) signOut((result) => tellProblem(result, problem));
    throw new Refusal(problem);
  }

  async function answered(path, request) {
    for (let tries = TRIES; ; tries -= 1) {
      try {
        return await fetch(path, request);
      } catch (error) {
        if (tries === 1 || request.signal.aborted) throw error;
        await wait(LOOK_AGAIN, request);
      }
    }
  }

  async function all(path) {
    const items = [];
    for (let next = path; next; ) {
      const page = await ask("GET", next);
      items.push(...page.items);
      next = within(page.next);
    }
    return items;
  }

  // The address of the next page names the configured host, by which this page may not have been called.
  function within(address) {
    if (!address) return null;
    const { pathname, search } = new URL(address, location.origin);
    return pathname + search;
  }

  // ── signing in and out ─────────────────────────────────────────────────────────────────────────────────────────

  function signInView() {
    const view = cloned("sign-in");
    const form = part(view, "form");
    const result = part(view, "result");
    onSubmit(form, result, async () => {
      const token = form.token.value.trim();
      const mistake = mistakeIn(token);
      if (mistake) return mark(form.querySelector("[data-field=token]"), word(mistake)).focus();
      return signIn(token, form);
    });
    return { view, title: word("sign_in") };
  }

  // A header can't hold other characters, and what browsers say of them helps nobody.
  function mistakeIn(token) {
    if (!token) return "token_missing";
    return /^[!-~]+$/.test(token) ? null : "token_unusual";
  }

  async function signIn(token, form) {
    session.token = token;
    try {
      const me = await ask("GET", "/v1/me");
      session.types = (await all("/v1/event-types")).map((one) => one.type);
      await ask("GET", "/v1/webhooks?limit=1"); // Whoever may not see endpoints is told so here, beside the token.
      session.me = me;
    } catch (error) {
      session.token = null;
      throw error;
    }
    form.reset();
    showWho();
    await arrive();
  }

  function signOut(tellWhy = (result) => tell(result, "good", word("signed_out"))) {
    Object.assign(session, { token: null, me: null, keys: null, types: [] });
    history.replaceState(null, "", location.pathname + location.search);
    showWho();
    arrive().then(() => tellWhy(notice));
  }

  function showWho() {
    document.getElementById("who").hidden = !session.me;
    const { organisation, holder } = session.me ?? {};
    document.getElementById("holder").textContent = [organisation, holder].filter(Boolean).join(" · ");
  }

  // ── the endpoints ──────────────────────────────────────────────────────────────────────────────────────────────

  async function endpointsView() {
    const endpoints = await all(`/v1/webhooks?limit=${LATEST}`);
    const view = cloned("endpoints");
    part(view, "none").hidden = endpoints.length > 0;
    part(view, "list").append(...endpoints.map(card));
    const nouns = [...new Set(session.types.map((type) => type.split(".")[0]))];
    part(view, "types").append(...nouns.map((noun) => choice(`${noun}.*`)));
    onlyOneOf(view);
    const form = part(view, "form");
    onSubmit(form, part(view, "result"), () => makeEndpoint(form));
    return { view, title: word("endpoints") };
  }

  function card(endpoint) {
    const item = cloned("card");
    part(item, "link").href = `#${endpoint.id}`;
    part(item, "link").textContent = endpoint.url;
    setState(part(item, "state"), endpoint.state, word(`state_${endpoint.state}`));
    part(item, "description").textContent = endpoint.description ?? "";
    if (endpoint.failing_since) {
      part(item, "failing").textContent = `${word("failing_since")} ${when(endpoint.failing_since)}`;
    }
    return item;
  }

  function choice(pattern) {
    const label = made("label", "", "choice");
    const box = made("input");
    Object.assign(box, { type: "checkbox", name: "types", value: pattern });
    label.append(box, made("code", pattern));
    return label;
  }

  // Everything is everything: beside it there is nothing to choose.
  function onlyOneOf(view) {
    const [everything, ...some] = part(view, "types").querySelectorAll("input");
    everything.addEventListener("change", () => {
      if (everything.checked) for (const box of some) box.checked = false;
    });
    for (const box of some) {
      box.addEventListener("change", () => {
        if (box.checked) everything.checked = false;
      });
    }
    const single = view.querySelector("[name=single]");
    single.addEventListener("input", () => {
      if (single.value.trim()) everything.checked = false;
    });
  }

  async function makeEndpoint(form) {
    const chosen = [...form.querySelectorAll("[name=types]:checked")].map((box) => box.value);
    const single = form.single.value.split(/[\s,]+/).filter(Boolean);
    const endpoint = await ask("POST", "/v1/webhooks", {
      url: form.url.value.trim(),
      description: form.description.value.trim() || null,
      event_types: [...chosen, ...single],
      payload: form.payload.value,
    });
    session.keys = { endpoint: endpoint.id, secret: endpoint.secret, public_key: endpoint.public_key, told: "made" };
    location.hash = endpoint.id;
  }

  // ── one endpoint ───────────────────────────────────────────────────────────────────────────────────────────────

  async function endpointView(id) {
    const address = `/v1/webhooks/${id}`;
    const [endpoint, latest] = await Promise.all([
      ask("GET", address),
      ask("GET", `${address}/deliveries?limit=${LATEST}`),
    ]);
    const view = cloned("endpoint");
    const one = { view, address, endpoint, items: new Map(), next: null, watched: null };
    showEndpoint(one, endpoint);
    showLatest(view, latest.items);
    setUpKeys(one);
    setUpPing(one);
    setUpPause(one);
    setUpRotation(one);
    setUpRecovery(one);
    setUpLog(one);
    await showLog(one);
    return { view, title: endpoint.url, focus: session.keys?.endpoint === id ? "#keys" : "#heading" };
  }

  function showEndpoint(one, endpoint) {
    const { view } = one;
    one.endpoint = endpoint;
    part(view, "url").textContent = endpoint.url;
    const state = made("span");
    setState(state, endpoint.state, word(`state_${endpoint.state}`));
    const listed = (name) => endpoint[name]?.join(", ");
    const facts = {
      state,
      failing_since: endpoint.failing_since && when(endpoint.failing_since),
      described_as: endpoint.description,
      event_types: endpoint.event_types.includes("*") ? word("everything") : listed("event_types"),
      projects: listed("projects"),
      countries: listed("countries"),
      calls: listed("calls"),
      payload: endpoint.payload && word(`payload_${endpoint.payload}`),
      made_at: when(endpoint.created_at),
    };
    const rows = Object.entries(facts).filter(([, value]) => value);
    part(view, "facts").replaceChildren(...rows.map(([name, value]) => fact(name, value)));
    const stands = !["paused", "disabled"].includes(endpoint.state);
    part(view, "send-held").hidden = stands;
    part(view, "pause-button").textContent = word(stands ? "pause" : "resume");
  }

  function fact(name, value) {
    const row = made("div");
    const definition = made("dd");
    definition.append(value);
    row.append(made("dt", word(name)), definition);
    return row;
  }

  function showLatest(view, deliveries) {
    const count = { delivered: 0, pending: 0, held: 0, failed: 0 };
    for (const { state } of deliveries) count[SHOWN_AS[state]] += 1;
    part(view, "latest").textContent = word("latest", { count: deliveries.length });
    const bars = [];
    let from = 0;
    for (const [name, number] of Object.entries(count)) {
      const share = deliveries.length ? (100 * number) / deliveries.length : 0;
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const box = { x: from, y: 0, width: share, height: 10, class: name };
      for (const [attribute, value] of Object.entries(box)) bar.setAttribute(attribute, value);
      bars.push(bar);
      from += share;
    }
    part(view, "bar").replaceChildren(...bars);
    part(view, "legend").replaceChildren(
      ...Object.entries(count).map(([name, number]) => {
        const item = made("li");
        item.append(made("span", "", `swatch ${name}`), `${word(name)}: ${number}`);
        return item;
      }),
    );
  }

  // What has changed by something that was done: all but the log, in which somebody may be reading.
  async function refresh(one) {
    const [endpoint, latest] = await Promise.all([
      ask("GET", one.address),
      ask("GET", `${one.address}/deliveries?limit=${LATEST}`),
    ]);
    showEndpoint(one, endpoint);
    showLatest(one.view, latest.items);
  }

  // ── its keys ───────────────────────────────────────────────────────────────────────────────────────────────────

  function setUpKeys(one) {
    const { view } = one;
    const secret = part(view, "secret");
    const result = part(view, "keys-result");
    part(view, "copy").addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(secret.textContent);
        tell(result, "good", word("copied"));
      } catch {
        getSelection().selectAllChildren(secret);
        tell(result, "", word("copy_by_hand"));
      }
    });
    part(view, "kept").addEventListener("click", () => {
      session.keys = null;
      showKeys(one);
      view.querySelector("#heading").focus();
    });
    showKeys(one);
  }

  function showKeys({ view, endpoint }) {
    const keys = session.keys?.endpoint === endpoint.id ? session.keys : null;
    part(view, "keys").hidden = !keys;
    part(view, "secret").textContent = keys?.secret ?? "";
    part(view, "public_key").textContent = keys?.public_key ?? "";
    part(view, "public").hidden = !keys?.public_key || !endpoint.signatures?.includes("v1a");
    tell(part(view, "keys-result"), "good", keys && word(keys.told));
  }

  function setUpRotation(one) {
    const { view, address } = one;
    const form = part(view, "rotate");
    const dialog = part(view, "dialog");
    const result = part(view, "rotate-result");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const hours = form.overlap_hours.value;
      part(dialog, "sure").textContent = word("rotate_sure", { hours });
      if (hours) dialog.showModal();
      else rotate(); // The API says what is missing.
    });
    const rotate = () =>
      act(part(view, "rotate-button"), result, async () => {
        const hours = form.overlap_hours.value;
        const body = { overlap_hours: hours ? Number(hours) : null };
        const { secret, public_key } = await ask("POST", `${address}/secret-rotations`, body);
        session.keys = { endpoint: one.endpoint.id, secret, public_key, told: "rotated" };
        showKeys(one);
        view.querySelector("#keys").focus();
      });
    part(dialog, "no").addEventListener("click", () => dialog.close());
    part(dialog, "yes").addEventListener("click", () => {
      dialog.close();
      rotate();
    });
  }

  // ── trying it, pausing it ──────────────────────────────────────────────────────────────────────────────────────

  function setUpPing(one) {
    const { view, address } = one;
    const form = part(view, "ping");
    const result = part(view, "ping-result");
    const others = session.types.filter((type) => type !== "webhook.ping");
    form.event_type.append(...["webhook.ping", ...others].map((type) => option(type)));
    onSubmit(form, result, async () => {
      const type = form.event_type.value;
      const body = type === "webhook.ping" ? {} : { event_type: type };
      const { event_id: event } = await ask("POST", `${address}/ping`, body);
      tell(result, "", word("on_its_way"));
      const delivery = await looked(async () => {
        const { items } = await ask("GET", `${address}/deliveries?event_id=${event}`);
        return items[0] && isTried(items[0], 0) ? items[0] : null;
      });
      await tellDelivery(result, delivery);
      await Promise.all([refresh(one), showLog(one)]);
    });
  }

  // Looks until there is something to see, or until it has taken too long.
  async function looked(look) {
    for (let looks = LOOKS; looks; looks -= 1) {
      const found = await look();
      if (found) return found;
      await wait(LOOK_AGAIN);
    }
    return null;
  }

  function isTried(delivery, before) {
    return delivery.attempts > before && delivery.state !== "leased";
  }

  async function tellDelivery(result, delivery) {
    if (!delivery) return tell(result, "", word("not_sent_yet"));
    const { items } = await ask("GET", `/v1/deliveries/${delivery.id}/attempts?sort=-at&limit=1`);
    const why = items[0] && inWords(items[0]);
    if (delivery.state === "delivered") return tell(result, "good", word("arrived"), why);
    return tell(result, "bad", word("not_arrived"), why, nextTry(delivery));
  }

  function nextTry({ next_at: at }) {
    return at && word("next_try", { at: when(at, { seconds: true }) });
  }

  function setUpPause(one) {
    const { view, address } = one;
    const form = part(view, "pause");
    const result = part(view, "pause-result");
    onSubmit(form, result, async () => {
      if (part(view, "send-held").hidden) {
        await ask("POST", `${address}/pause`, {});
        tell(result, "good", word("paused"));
      } else {
        await ask("POST", `${address}/resume`, { send_held: form.send_held.checked });
        tell(result, "good", word("resumed"));
      }
      await Promise.all([refresh(one), showLog(one)]);
    });
  }

  // ── recovering ─────────────────────────────────────────────────────────────────────────────────────────────────

  function setUpRecovery(one) {
    const { view, endpoint } = one;
    const form = part(view, "recover");
    const result = part(view, "recover-result");
    const yesterday = new Date(Date.now() - 24 * 3600 * 1000).toISOString();
    form.since.value = when(endpoint.failing_since ?? yesterday).slice(0, 16);
    const count = part(view, "count");
    count.addEventListener("click", () => act(count, result, () => recover(one, { dry_run: true })));
    onSubmit(form, result, () => recover(one, { dry_run: false }));
    watchLast(one).catch((error) => tellError(result, error, form));
  }

  async function recover(one, { dry_run }) {
    const form = part(one.view, "recover");
    const body = { kind: form.kind.value, since: instant(form.since), until: instant(form.until), dry_run };
    const recovery = await ask("POST", `${one.address}/recoveries`, body);
    tell(part(one.view, "recover-result"), "", word(dry_run ? "counting" : "recovering"));
    await watch(one, recovery);
  }

  // One that somebody has begun before, and that goes on.
  async function watchLast(one) {
    const { items } = await ask("GET", `${one.address}/recoveries?limit=1`);
    if (items[0] && isUnfinished(items[0])) await watch(one, items[0]);
  }

  function isUnfinished({ state }) {
    return ["pending", "running"].includes(state);
  }

  async function watch(one, begun) {
    const { view } = one;
    const result = part(view, "recover-result");
    const stop = part(view, "stop");
    one.watched = begun.id;
    stop.onclick = () => act(stop, result, () => ask("POST", `/v1/recoveries/${begun.id}/cancellation`, {}));
    stop.hidden = false;
    part(view, "progress-box").hidden = false;
    let recovery = begun;
    while (isUnfinished(recovery)) {
      showProgress(view, recovery);
      await wait(LOOK_AGAIN);
      recovery = await ask("GET", `/v1/recoveries/${begun.id}`);
      if (one.watched !== begun.id) return; // Another one was begun, and is shown instead.
    }
    showProgress(view, recovery);
    if (document.activeElement === stop) result.focus();
    stop.hidden = true;
    tell(result, "good", recovered(recovery));
    await Promise.all([refresh(one), showLog(one)]);
  }

  // As it is shown everywhere here; what is written otherwise goes as it is, and the API says what it makes of it.
  function instant({ value }) {
    const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)$/.exec(value.trim()) ?? [];
    return day ? `${day}T${time}:00Z` : value.trim() || undefined;
  }

  function recovered({ state, dry_run, done, total }) {
    if (state === "cancelled") return word("stopped", { count: done });
    return dry_run ? word("counted", { count: total }) : word("recovered", { count: done });
  }

  function showProgress(view, { state, dry_run, done, total }) {
    const bar = part(view, "progress");
    if (total === null || total === undefined) {
      bar.removeAttribute("value"); // Nobody knows yet how much there is.
      part(view, "progress-of").textContent = "";
      return;
    }
    const over = dry_run || state === "done";
    bar.max = total || 1;
    bar.value = over ? bar.max : done;
    part(view, "progress-of").textContent = dry_run ? "" : word("progress_of", { done, total });
  }

  // ── the log ────────────────────────────────────────────────────────────────────────────────────────────────────

  function setUpLog(one) {
    const { view } = one;
    const form = part(view, "filter");
    const states = ["delivered", "pending", "leased", "held", "failed"];
    form.state.append(...states.map((state) => option(state, word(state))));
    form.event_type.append(...session.types.map((type) => option(type)));
    const result = part(view, "log-result");
    onSubmit(form, result, async () => {
      const shown = await showLog(one);
      tell(result, "", shown ? word("shown", { count: shown }) : "");
    });
    const more = part(view, "more");
    more.addEventListener("click", () => act(more, result, () => showMore(one)));
  }

  async function showLog(one) {
    const form = part(one.view, "filter");
    const query = new URLSearchParams({ limit: PAGE });
    for (const name of ["state", "event_type"]) if (form[name].value) query.set(name, form[name].value);
    const page = await ask("GET", `${one.address}/deliveries?${query}`);
    part(one.view, "log").replaceChildren(...page.items.map((delivery) => itemOf(one, delivery)));
    if (!page.items.length) part(one.view, "log").append(made("li", word("no_deliveries")));
    setNext(one, page);
    return page.items.length;
  }

  async function showMore(one) {
    const page = await ask("GET", one.next);
    const items = page.items.map((delivery) => itemOf(one, delivery));
    part(one.view, "log").append(...items);
    part(items[0] ?? one.view, "toggle")?.focus(); // The button may be gone, and reading goes on here.
    setNext(one, page);
  }

  function setNext(one, { next }) {
    one.next = within(next);
    part(one.view, "more").hidden = !one.next;
  }

  // One that is shown already stays as it is, opened or not.
  function itemOf(one, delivery) {
    if (!one.items.has(delivery.id)) one.items.set(delivery.id, deliveryItem(one, delivery));
    const { item, update } = one.items.get(delivery.id);
    update(delivery);
    return item;
  }

  function deliveryItem(one, delivery) {
    const item = cloned("delivery");
    const toggle = part(item, "toggle");
    const retry = part(item, "retry");
    const result = part(item, "result");
    let current = delivery;
    const update = (changed) => {
      const isOpen = !part(item, "attempts").hidden;
      if (isOpen && changed.attempts !== current.attempts) showAttempts(item, delivery.id).catch(() => {});
      showDelivery(item, (current = changed));
    };
    part(item, "what").id = `what-${delivery.id}`;
    for (const button of [toggle, retry]) button.setAttribute("aria-describedby", `what-${delivery.id}`);
    toggle.addEventListener("click", () => act(toggle, result, () => toggleAttempts(item, delivery.id)));
    retry.addEventListener("click", () =>
      act(retry, result, async () => {
        const before = current.attempts;
        update(await ask("POST", `/v1/deliveries/${delivery.id}/retry`, {}));
        tell(result, "", word("on_its_way"));
        const tried = await looked(async () => {
          update(await ask("GET", `/v1/deliveries/${delivery.id}`));
          return isTried(current, before) ? current : null;
        });
        await tellDelivery(result, tried);
        if (!part(item, "attempts").hidden) await showAttempts(item, delivery.id);
        await refresh(one);
      }),
    );
    return { item, update };
  }

  function showDelivery(item, delivery) {
    part(item, "event_type").textContent = delivery.event_type;
    setState(part(item, "state"), SHOWN_AS[delivery.state], word(delivery.state));
    setTime(part(item, "created_at"), delivery.created_at);
    part(item, "next").textContent = nextTry(delivery) ?? "";
    part(item, "toggle").textContent = word("attempts", { count: delivery.attempts });
  }

  async function toggleAttempts(item, id) {
    const list = part(item, "attempts");
    if (list.hidden) await showAttempts(item, id);
    list.hidden = !list.hidden;
    part(item, "toggle").setAttribute("aria-expanded", String(!list.hidden));
  }

  async function showAttempts(item, id) {
    const attempts = await all(`/v1/deliveries/${id}/attempts?limit=${LATEST}`);
    const items = attempts.length ? attempts.map(attemptItem) : [made("li", word("no_attempts"))];
    part(item, "attempts").replaceChildren(...items);
  }

  function attemptItem(attempt) {
    const item = cloned("attempt");
    const { number, duration_ms: ms } = attempt;
    part(item, "number").textContent = word("attempt", { number });
    setTime(part(item, "at"), attempt.at, { seconds: true });
    part(item, "duration").textContent = Number.isInteger(ms) ? word("duration", { ms }) : "";
    part(item, "why").textContent = inWords(attempt);
    part(item, "details").hidden = !attempt.reply;
    part(item, "reply").textContent = attempt.reply ?? "";
    return item;
  }

  // ── finding one's way ──────────────────────────────────────────────────────────────────────────────────────────

  async function arrive({ focus = true } = {}) {
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    const id = location.hash.slice(1);
    tell(notice, "", session.me && word("loading"));
    try {
      const arrived = await (!session.me ? signInView() : UUID.test(id) ? endpointView(id) : endpointsView());
      if (signal.aborted) return;
      document.getElementById("view").replaceChildren(arrived.view);
      document.title = [arrived.title, word("title"), "InterVET"].join(" – ");
      tell(notice, "");
      if (focus) document.querySelector(arrived.focus ?? "#heading").focus();
    } catch (error) {
      if (!signal.aborted) tellError(notice, error);
    }
  }

  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault(); // The address says which endpoint is shown.
    document.getElementById("main").focus();
  });
  document.getElementById("sign-out").addEventListener("click", () => signOut());
  for (const link of document.querySelectorAll("#languages a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      speak(link).catch((error) => tellError(notice, error));
    });
  }
  addEventListener("hashchange", () => arrive());
  addEventListener("pagehide", () => Object.assign(session, { token: null, me: null, keys: null }));
  addEventListener("pageshow", (event) => event.persisted && signOut()); // kept by the browser for its Back button
  inLanguage(document);
  arrive({ focus: false });
})();
