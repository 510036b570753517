// Every view: its name in the address, its title, and its place in the navigation.

import { compareView } from "./compare.js";
import { deletionView } from "./deletion.js";
import { duplicatesView } from "./duplicates.js";
import { groupView } from "./group.js";
import { imageView } from "./image.js";
import { peopleView } from "./people.js";
import { personView } from "./person.js";
import { poisonView } from "./poison.js";
import { unknownsView } from "./unknowns.js";
import { uploadView } from "./upload.js";
import { uploadsView } from "./uploads.js";

// A view without a label is reached from the view that `within` names.
export const views = [
  { name: "image", label: "Image", title: "What is on an image", show: imageView },
  { name: "compare", label: "Compare", title: "Compare two images", show: compareView },
  { name: "people", label: "People", title: "Groups of people", show: peopleView },
  { name: "group", within: "people", title: "A group", show: groupView },
  { name: "person", within: "people", title: "A person", show: personView },
  { name: "deletion", within: "people", title: "How far the deletion is", show: deletionView },
  { name: "uploads", label: "Uploads", title: "Uploads", show: uploadsView },
  { name: "upload", within: "uploads", title: "An upload", show: uploadView },
  { name: "unknowns", label: "Unknown people", title: "Unknown people", show: unknownsView },
  { name: "duplicates", label: "Duplicates", title: "Duplicates", show: duplicatesView },
  { name: "poison", label: "Failed messages", title: "Failed messages", show: poisonView },
];
