"use strict";
const states = {
  draft: "起草中", assessed: "已评估", consented: "村（居）已同意", awaiting_signatures: "等待签字", in_force: "生效中",
  ended: "已结束", declined: "没有签成", lapsed: "已失效",
};
const element = (name, text, kind) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const day = (instant) => (instant ? instant.slice(0, 16).replace("T", " ") : "");

async function showState(number, short) {
  const place = document.getElementById("state");
  place.hidden = false;
  const answer = await fetch(`/api/v1/public/agreement-checks/${encodeURIComponent(number)}/${encodeURIComponent(short)}`);
  const found = await answer.json();
  if (!answer.ok) {
    place.replaceChildren(element("p", `${found.title}。${found.detail ?? ""}`));
    return;
  }
  const facts = [
    ["协议编号", found.number],
    ["状态", states[found.state] ?? found.state],
    ["签字", `${found.signed} / ${found.parties}`],
    ["结束日期", found.ended_on],
    ["盖章时间", day(found.sealed_at)],
    ["时间戳", found.sealed_at ? day(found.stamped_at) || "已盖章，还没有时间戳" : ""],
    ["文本校验值", found.document_hash],
  ].filter(([, value]) => value);
  const list = document.createElement("dl");
  for (const [label, value] of facts) list.append(element("dt", label), element("dd", value));
  place.replaceChildren(element("p", "编号和校验值一致，本系统有这份协议。", "end"), list);
}

async function checkFile() {
  const place = document.getElementById("verdict");
  const [file] = document.getElementById("file").files;
  if (!file) return;
  place.replaceChildren(element("p", "正在核对……"));
  const answer = await fetch("/api/v1/public/document-checks", {
    method: "POST", body: file, headers: { "content-type": "application/octet-stream" },
  });
  const found = await answer.json();
  if (!answer.ok) {
    place.replaceChildren(element("p", `${found.title}。${found.detail ?? ""}`, "end"));
    return;
  }
  const list = document.createElement("ul");
  for (const thing of found.checked) list.append(element("li", thing.text, thing.weight));
  const end = found.holds ? "结论：没有发现问题。" : "结论：有问题，不能作为依据。";
  place.replaceChildren(list, element("p", end, "end"));
}

document.getElementById("check").addEventListener("click", checkFile);
const parts = location.pathname.split("/").filter(Boolean);
if (parts.length === 3) showState(decodeURIComponent(parts[1]), decodeURIComponent(parts[2]));
