# language: fr
Fonctionnalité: F
  Scénario: S
    Soit all is well
