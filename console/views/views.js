// Every view: its name in the address, its title, and the link that leads to it.

import { imageView } from "./image.js";

export const views = [
  { name: "image", label: "Image", title: "What is on an image", show: imageView },
];
