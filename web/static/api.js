// Shows the contract. A file of its own, so that the page's policy can refuse every inline script.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#contract",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null, // Otherwise the contract is sent to a validator on the internet.
});
