import { existsSync } from "node:fs";

/** Debian's chromium brings a Vulkan driver in software. */
const SOFTWARE_DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LIBRARY = "/usr/lib/x86_64-linux-gnu/libvulkan.so.1";
const hasDriver = existsSync(SOFTWARE_DRIVER) && existsSync(LIBRARY);
// Read by the loader when the first WebGPU session is made.
if (hasDriver) process.env["VK_DRIVER_FILES"] = SOFTWARE_DRIVER;

/** Why a WebGPU test cannot run here, or false. */
export const noWebgpu: string | false = hasDriver
  ? false
  : "no Vulkan driver in software: install Debian's chromium and libvulkan1 to run this";
