import type { refusals as english } from "../en/refusals.ts";

export const refusals: Record<keyof typeof english, string> = {
  "refusal.paused":
    "ボットは管理者によって一時停止されています。{when, select, unknown {しばらくしてからもう一度お試しください。} other {{when}に再開します。}}",
  "refusal.no-worker":
    "現在GPUワーカーが動作していません。1分後にもう一度お試しください。続く場合はボットの所有者に知らせてください。",
  "refusal.unknown-model": "モデル「{model}」はここにありません。利用可能: {models}。",
  "refusal.unknown-style": "スタイル「{style}」はここにありません。利用可能: {styles}。",
  "refusal.blocked":
    "{until, select, none {ここではボットを利用できません。} other {{until}まではボットを利用できません。}}{reason, select, none {} other {\n理由: {reason}\n}}お心当たりがない場合はモデレーターにお問い合わせください。",
  "refusal.guild-pending": "このサーバーはボット所有者の承認待ちです。",
  "refusal.guild-refused": "このサーバーはボット所有者に承認されていません。",
  "refusal.direct-messages-off":
    "ボットはサーバー内でのみ利用できます。ダイレクトメッセージは有効になっていません。",
  "refusal.channel":
    "このチャンネルではボットを利用できません。{channels, select, none {} other {{channels}をご利用ください。}}",
  "refusal.role": "ボットは次のいずれかのロールを持つメンバー専用です: {roles}。",
  "refusal.account-age":
    "ここでボットを使うには、アカウント作成から{days, plural, other {#日}}以上必要です。",
  "refusal.membership-age": "ボットを使うには、参加から{days, plural, other {#日}}以上必要です。",
  "refusal.word":
    "ここで許可されていない語句が含まれています:「{word}」。変更してもう一度お試しください。",
  "refusal.picture-word":
    "この画像のプロンプトには、このチャンネルで許可されていないものが含まれています:「{word}」。許可されている場所に投稿してください。",
  "refusal.private-off": "このサーバーでは非公開の画像は無効です。",
  "refusal.foreign-pictures-off": "ここではボットが作成した画像のみ使用できます。",
  "refusal.prompt-empty": "プロンプトが空です。描くものを書いてください。例:「a red apple」",
  "refusal.size": "{width} × {height} はここでの上限({max} × {max})を超えています。",
  "refusal.rate": "少し速すぎます。{when}にもう一度お試しください。",
  "refusal.waiting-user":
    "すでに{count, plural, other {#枚}}が待機中で、ここでの上限です。/待ち行列 でキャンセルするか、お待ちください。",
  "refusal.waiting-guild":
    "このサーバーではすでに{count, plural, other {#件}}が待機中で、上限です。少し後でお試しください。",
  "refusal.quota":
    "{scope, select, global {全体の上限} guild {このサーバーの上限} guild_ceiling {このサーバーの上限} guild_user {ここでのあなたの上限} other {あなたの上限}}({period, select, minute {1分} hour {1時間} day {今日} month {今月} other {合計}})を超えます。{renews, select, never {自動では回復しません。管理者に相談してください。} other {{renews}に回復します。}} {fits, plural, =0 {それまでは作成できません。} other {通常の画像なら約#枚作成できます。}}",
  "refusal.permissions": "このチャンネルに画像を投稿できません。必要な権限: {permissions}。",
  "refusal.picture-gone": "その画像はもう保存されておらず、メッセージにも表示されていません。",
  "refusal.not-yours": "{user} またはモデレーターのみ実行できます。",
  "refusal.proposal-gone":
    "この確認はもう受け付けていません。すでに回答済みか、時間が経ちすぎています。まだ必要なら、もう一度依頼してください。",
  "refusal.proposal-not-yours": "回答できるのは {user} だけです。",
  "refusal.buttons-owner-only": "このサーバーでは、画像を依頼した本人だけがボタンを使えます。",
  "refusal.forged": "このボタンは私のものではないか、署名鍵より古いものです。",
  "refusal.job-ended": "そのジョブはすでに終了しています。",
  "refusal.no-picture": "そのメッセージに画像はありません。",
  "refusal.upscale-max":
    "その画像の長辺はすでに{longest}ピクセルです。これ以上大きくしても良くなりません。",
};
