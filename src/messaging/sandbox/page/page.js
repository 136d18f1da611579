"use strict";

// The phones of the sandbox: a list that renews itself, one phone in full, and a box to answer from it.

const EVERY_MS = 2000;
const $ = (id) => document.getElementById(id);
const words = $("words").dataset;
const state = { phones: "", open: null, texts: "", wanted: "" };

async function call(path, method = "GET", body) {
  const answer = await fetch(`/sandbox/api${path}`, {
    method,
    headers: body ? { "content-type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.status === 204 ? null : answer.json();
}

const local = (options) => new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", ...options });
const day = local({ month: "long", day: "numeric" });
const time = local({ hour: "2-digit", minute: "2-digit", hour12: false });

function when(at) {
  const moment = new Date(at);
  const clock = time.format(moment);
  return day.format(moment) === day.format(new Date()) ? clock : `${day.format(moment)} ${clock}`;
}

const copy = (id) => $(id).content.firstElementChild.cloneNode(true);
const nameOf = (phone) => phone.people.join("、") || words.stranger;

function listItem(phone) {
  const item = copy("phone-item");
  const part = (name) => item.querySelector(name);
  const last = phone.last;
  part(".face").textContent = nameOf(phone).slice(0, 1);
  part(".who").append(nameOf(phone));
  if (phone.number) {
    const number = document.createElement("small");
    number.textContent = phone.number;
    part(".who").append(number);
  }
  part("time").textContent = last ? when(last.at) : "";
  part(".what").textContent = last ? `${words[last.channel]} ${last.subject || last.text}` : words.none;
  part(".unread").hidden = phone.unread === 0;
  part(".unread").textContent = phone.unread;
  part(".unread").setAttribute("aria-label", `${phone.unread}${words.unread}`);
  const button = part("button");
  button.dataset.phone = phone.id;
  button.setAttribute("aria-current", String(state.open?.id === phone.id));
  button.addEventListener("click", () => show(phone));
  return item;
}

async function renewList() {
  const { items } = await call(`/phones?q=${encodeURIComponent(state.wanted)}`);
  const now = JSON.stringify([items, state.open?.id]);
  if (now === state.phones) return items;
  state.phones = now;
  const focused = document.activeElement?.dataset?.phone;
  $("phones").replaceChildren(...items.map(listItem));
  if (focused) document.querySelector(`[data-phone="${CSS.escape(focused)}"]`)?.focus();
  $("nothing").hidden = items.length > 0;
  return items;
}

function linked(text) {
  const parts = text.split(/(https?:\/\/[^\s，。；）]+)/);
  return parts.map((part) => {
    if (!/^https?:/.test(part)) return document.createTextNode(part);
    const link = document.createElement("a");
    link.href = part;
    link.textContent = part;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  });
}

function textItem(text) {
  const item = copy("text-item");
  const part = (name) => item.querySelector(name);
  item.classList.add(text.channel, text.direction);
  item.classList.toggle("fresh", !text.read);
  part(".channel").textContent = text.direction === "out" ? words.out : words[text.channel];
  part("time").textContent = when(text.at);
  part("time").dateTime = text.at;
  part(".size").textContent = text.segments ? `${text.segments}${words.size}` : "";
  part(".subject").hidden = !text.subject;
  part(".subject").textContent = text.subject || "";
  part(".body").replaceChildren(...linked(text.text));
  return item;
}

async function renewTexts() {
  const phone = state.open;
  if (!phone) return;
  const { items } = await call(`/phones/${encodeURIComponent(phone.id)}/texts`);
  const now = JSON.stringify([phone.id, items.map((text) => text.id)]);
  if (now === state.texts || state.open !== phone) return;
  state.texts = now;
  $("texts").replaceChildren(...items.map(textItem));
  $("texts").scrollTop = $("texts").scrollHeight;
  const last = items.at(-1);
  if (last && items.some((text) => !text.read)) {
    await call(`/phones/${encodeURIComponent(phone.id)}/reading`, "PUT", { up_to: last.id });
  }
}

async function show(phone) {
  state.open = phone;
  state.texts = "";
  $("owner").textContent = nameOf(phone);
  $("number").textContent = phone.number || "";
  $("code-line").hidden = !phone.wechat_code;
  $("code").textContent = phone.wechat_code || "";
  $("answer").hidden = !phone.number;
  $("silent").hidden = Boolean(phone.number);
  $("phone").hidden = false;
  $("hint").hidden = true;
  $("trouble").textContent = "";
  $("texts").replaceChildren();
  document.body.classList.add("reading");
  history.replaceState(null, "", phone.number ? `#${phone.number}` : location.pathname);
  await renew();
  $("conversation").focus();
}

async function send(text) {
  if (!text.trim() || !state.open?.number) return;
  try {
    await call("/texts", "POST", { from: state.open.number, text });
    $("text").value = "";
    $("trouble").textContent = "";
    await renew();
  } catch {
    $("trouble").textContent = words.failed;
  }
}

async function renew() {
  try {
    await renewTexts();
    return await renewList();
  } catch {
    // The server is being restarted: the next round finds it again.
    return [];
  }
}

$("answer").addEventListener("submit", (event) => {
  event.preventDefault();
  send($("text").value);
});
$("back").addEventListener("click", () => {
  document.body.classList.remove("reading");
  document.querySelector('[aria-current="true"]')?.focus();
});
document.querySelector(".find").addEventListener("submit", (event) => event.preventDefault());
$("wanted").addEventListener("input", (event) => {
  state.wanted = event.target.value;
  renew();
});
for (const text of document.body.dataset.quick.split(" ")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", () => send(text));
  $("quick").append(button);
}

async function start() {
  const number = decodeURIComponent(location.hash.slice(1));
  if (/^\d{11}$/.test(number)) {
    const { items } = await call(`/phones?q=${number}`);
    const phone = items.find((item) => item.number === number);
    if (phone) await show(phone);
  }
  await renew();
  setInterval(() => document.hidden || renew(), EVERY_MS);
}
start();
