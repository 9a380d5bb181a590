import type { problems as english } from "../en/problems.ts";

export const problems: Record<keyof typeof english, string> = {
  "problem.already-large":
    "その画像はすでに{width} × {height}ピクセルです。{wanted}ピクセルにしても良くなりません。",
  "problem.image-animated": "その画像はアニメーションです。静止画を選んでください。",
  "problem.image-bytes": "その画像のファイルは{mebibytes} MiBを超えています。",
  "problem.image-damaged":
    "その画像のファイルは壊れています。保存し直して、もう一度お試しください。",
  "problem.image-elsewhere": "使えるのはDiscordで送信された画像だけです。",
  "problem.image-kind": "読み込める画像ではありません。使える形式: {kinds}。",
  "problem.image-pixels":
    "その画像は{width} × {height}ピクセルです。読み込めるのは最大{max}ピクセルです。",
  "problem.prompt-length":
    "プロンプトは{length}文字あります。読めるのは最大{max}文字です。短くしてください。",
  "problem.invalid-option": "この指定は使えません: {message}",
  "problem.invalid-prompt": "このプロンプトは使えません: {message}",
  "problem.invalid-image": "この画像は使えません: {message}",
  "problem.not-supported": "ここではできません: {message}",
  "problem.memory": "GPUのメモリが足りませんでした。サイズを小さくするか、枚数を減らしてください。",
  "problem.model":
    "このモデルは現在使えません。Botの所有者に伝えてください。原因はログにあります。別のモデルなら使えるかもしれません。",
  "problem.disk":
    "Botのディスクを読み書きできません。Botの所有者に伝えてください。原因はログにあります。",
  "problem.network":
    "Botに必要なものを取得できませんでした。Botの所有者に伝えてください。原因はログにあります。",
};
